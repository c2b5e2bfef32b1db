import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Wire } from "@/api/client";
import { useHere } from "@/app/session";
import { eventsSearch } from "@/features/events/search";
import { usersSearch } from "@/features/users/search";

export type List = Wire["ListLink"];

interface ListLinkProps {
  readonly list: List;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A link to the list behind a number. The API names the list; where it is in the dashboard, we know. */
export function ListLink({ list, ...rest }: ListLinkProps): ReactNode {
  const { projectId } = useHere();
  const params = { projectId };
  const query = list.query ?? {};
  switch (list.page) {
    case "users":
      return <Link to="/p/$projectId/users" params={params} search={usersSearch(inUrl(query))} {...rest} />;
    case "events":
      return <Link to="/p/$projectId/events" params={params} search={eventsSearch(query)} {...rest} />;
    case "quarantine":
      return <Link to="/p/$projectId/quarantine" params={params} search={{}} {...rest} />;
    case "never_identified":
      return (
        <Link to="/p/$projectId/quarantine" params={params} search={{ view: "never-identified" }} {...rest} />
      );
    case "keys":
      return (
        <Link to="/p/$projectId/settings/keys" params={{ projectId: ofKeys(query, projectId) }} {...rest} />
      );
  }
}

type Query = NonNullable<List["query"]>;

/** The names that the URL of the users page has for what the API asks. */
const NAMES: Readonly<Record<string, string>> = {
  signed_up_since: "signedUpSince",
  signed_up_before: "signedUpBefore",
  seen_since: "seenSince",
  direction: "dir",
};

/** Writes a query of the API as the users page has it in its URL. */
export function inUrl(query: Query): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [
      NAMES[name] ?? name,
      typeof value === "string" ? value : (value[0] ?? ""),
    ]),
  );
}

function ofKeys(query: Query, here: string): string {
  const projectId = query["project_id"];
  return typeof projectId === "string" ? projectId : here;
}
