// The one way to the API: typed by openapi/dashboard.json, and every refusal a `Problem`.
import createClient from "openapi-fetch";
import { Problem, type Fault } from "./problem";
import type { components, paths } from "./schema";

/** The shapes that go over the wire, by name. */
export type Wire = components["schemas"];

export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin" });

type Given<Query> = { [Name in keyof Query]?: Exclude<Query[Name], undefined> };

/** Leaves out of a query what is undefined. */
export function given<Query extends object>(query: Query): Given<Query> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Given<Query>;
}

interface Outcome<Body> {
  readonly data?: Body;
  readonly error?: unknown;
  readonly response: Response;
}

/** Waits for a call of `api` and returns its body; throws `Problem` for a refusal or a network that is away. */
export async function ask<Body>(call: Promise<Outcome<Body>>): Promise<Body> {
  let outcome: Outcome<Body>;
  try {
    outcome = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Problem(0, [], null, { cause });
  }
  const { data, error, response } = outcome;
  if (response.ok && data !== undefined) return data;
  throw new Problem(response.status, faultsIn(error), response.headers.get("x-request-id"));
}

function faultsIn(body: unknown): Fault[] {
  const errors = (body as { errors?: unknown } | null | undefined)?.errors;
  return Array.isArray(errors) ? (errors as Fault[]) : [];
}
