// A small, believable product's data, made up: some users and what they did in the last days.
import { send } from "./dashboard";

const FIRST = [
  "Mira",
  "Jonas",
  "Priya",
  "Tomás",
  "Aiko",
  "Lena",
  "Samuel",
  "Noor",
  "Elif",
  "Kwame",
  "Ines",
  "Viktor",
];
const LAST = ["Sandoval", "Weidner", "Raman", "Okafor", "Tanabe", "Lindqvist", "Moreau", "Haddad"];
const COMPANIES = ["Northbay Labs", "Brightpath", "Cobalt Works", "Juniper & Co"];
const PLANS = ["free", "trial", "team", "business"];
const HOUR = 3_600_000;

function person(index: number): Record<string, unknown> {
  const [first, last] = [FIRST[index % FIRST.length]!, LAST[(index * 3) % LAST.length]!];
  const address = `${first}.${last}`
    .toLowerCase()
    .normalize("NFD")
    .replaceAll(/[^a-z.]/g, "");
  return {
    external_user_id: `user_${1000 + index}`,
    email: `${address}${index}@example.com`,
    traits: {
      name: `${first} ${last}`,
      plan: PLANS[index % PLANS.length],
      company: COMPANIES[index % COMPANIES.length],
      seats: 1 + (index % 9),
      industry: "software",
      settings: { theme: "dark", beta: index % 2 === 0 },
    },
  };
}

function eventsOf(index: number): Record<string, unknown>[] {
  const external_user_id = `user_${1000 + index}`;
  const at = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString();
  return [
    {
      external_user_id,
      name: "user_signed_up",
      timestamp: at(70 - index),
      properties: { plan: "trial", source: "docs" },
    },
    { external_user_id, name: "trial_started", timestamp: at(69 - index), properties: { trialDays: 14 } },
    {
      external_user_id,
      name: "onboarding_step",
      timestamp: at(48),
      properties: { step: "import", completed: true },
    },
    {
      external_user_id,
      name: "feature_used",
      timestamp: at(26),
      properties: { feature: "reports", count: 1 + index },
    },
    {
      external_user_id,
      name: "report_created",
      timestamp: at(0.1),
      properties: { pages: 3 + index, format: "pdf" },
    },
  ];
}

/** Sends some users and events, and one event that makes no sense. */
export async function fill(users = 60): Promise<void> {
  const all = Array.from({ length: users }, (_, index) => index);
  await send("users/bulk", { users: all.map(person) });
  await send("events/bulk", { events: all.flatMap(eventsOf) });
  await send("events/bulk", {
    events: [
      { external_user_id: "user_1003", name: "onboarding_step", properties: { completed: "yes" } },
      { external_user_id: "user_1007", name: "feature_used", properties: { feature: 42 } },
    ],
  });
}
