import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { usersQuery } from "@/features/users/queries";
import { Combobox } from "@/ui/combobox";

const MOST_FOUND = 8;

interface UserPickProps {
  readonly userId: string | undefined;
  readonly onUser: (userId: string) => void;
}

/** Finds a user by id, e-mail address or name. Any id may be typed, too. */
export function UserPick({ userId, onUser }: UserPickProps): ReactNode {
  const { projectId } = useHere();
  const [text, setText] = useState(userId ?? "");
  const wanted = useDeferredValue(text.trim());
  const users = useQuery(usersQuery(projectId, wanted === "" ? {} : { search: wanted }, MOST_FOUND));
  return (
    <Combobox
      label="User: id, e-mail or name"
      className="w-full max-w-sm"
      found
      value={text}
      choices={(users.data?.data ?? []).map(({ external_user_id: id, name, email }) => ({
        value: id,
        label: name ?? email ?? id,
        note: id,
      }))}
      onChange={setText}
      onChoose={(id) => {
        setText(id);
        onUser(id);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || wanted === "") return;
        event.preventDefault(); // the form around it is not meant
        onUser(wanted);
      }}
    />
  );
}
