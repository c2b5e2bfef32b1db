// Types are compiled, not run: `tsc` fails where a line that must not compile does, and the other way round.
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, expectTypeOf, test } from "vitest";
import { VibeFollow, type StandardEventName, type StandardEvents, type WebhookEvent } from "../src/index.js";
import { casesOf } from "./support/wire.js";
import { KEY } from "./support/loopback.js";

interface Canonical {
  readonly name: string;
  readonly properties: { readonly name: string; readonly type: string; readonly required: boolean }[];
}

const WRITTEN: Record<string, string> = {
  text: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  timestamp: "Moment",
};

test("the properties of the standard events are those of the server, required and typed alike", () => {
  const path = join(import.meta.dirname, "../src/standard-events.ts");
  const program = ts.createProgram([path], {
    strict: true,
    exactOptionalPropertyTypes: true,
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path)!;
  const events = source.statements
    .filter(ts.isInterfaceDeclaration)
    .find(({ name }) => name.text === "StandardEvents")!;
  const typed = checker
    .getTypeAtLocation(events)
    .getProperties()
    .map((event) => ({
      name: event.name,
      properties: declaredIn(checker.getTypeOfSymbol(event)),
    }));
  const wanted = casesOf<Canonical>("canonical.json").map(({ name, properties }) => ({
    name,
    properties: properties.map(({ name: property, type, required }) => [property, WRITTEN[type], required]),
  }));
  expect(typed).toEqual(wanted);
});

function declaredIn(type: ts.Type): unknown[] {
  const declaration = type.symbol.declarations![0] as ts.InterfaceDeclaration;
  return declaration.members.filter(ts.isPropertySignature).map(({ name, type: written, questionToken }) => {
    return [name.getText(), written!.getText().replace(/ \| undefined$/, ""), questionToken === undefined];
  });
}

describe("the types of calls", () => {
  const { users, events } = new VibeFollow({
    apiKey: KEY,
    fetchImpl: () => Promise.resolve(Response.json({})),
  });
  const batch = events.batch();
  /** Compiled, never called. */
  function neverCalled(): void {
    void users.featureUsed("user_1", { feature: "export", own: { anything: [1] } });
    void events.track("trial_started", "user_1");
    void events.track("feature_used", "user_1", { feature: "export", count: 2 }, { eventId: "e1" });
    void events.track("my_own", "user_1", { feature: 7 });
    void events.track(Math.random() > 0.5 ? "one_of" : "my_own", "user_1", { a: 1 });
    batch.track("trial_expiring", "user_1", { daysLeft: 3 });
    // @ts-expect-error a required property is missing
    void users.featureUsed("user_1", {});
    // @ts-expect-error its properties are missing
    void users.trialExpiring("user_1");
    // @ts-expect-error a property has another type
    void users.subscriptionChanged("user_1", { to: "pro", mrr: "4900" });
    // @ts-expect-error a standard event is typed by its name as well
    void events.track("feature_used", "user_1", { count: 2 });
    // @ts-expect-error and cannot leave out what it requires
    batch.track("trial_expiring", "user_1");
    // @ts-expect-error a record needs its user
    void events.bulk([{ name: "clicked" }]);
    // @ts-expect-error names are spelled as in the rest of the language
    void users.identifyBulk([{ external_user_id: "user_1" }]);
  }

  test("hold what a standard event requires, and leave your own events free", () => {
    expect(neverCalled).toBeTypeOf("function");
    expectTypeOf<keyof StandardEvents>().toEqualTypeOf<StandardEventName>();
  });
});

test("the type of a webhook tells what its data has", () => {
  type Of<Type extends WebhookEvent["type"]> = Extract<WebhookEvent, { type: Type }>["data"];
  expectTypeOf<Of<"email.bounced">["bounceType"]>().toEqualTypeOf<
    "hard" | "soft" | "transient" | "complaint" | "unknown"
  >();
  expectTypeOf<Of<"email.replied">["text"]>().toEqualTypeOf<string>();
  expectTypeOf<Of<"email.opened">>().not.toHaveProperty("url");
});
