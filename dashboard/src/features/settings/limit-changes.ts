/** What the API takes as a change of limits: null is back to the default. */
export interface LimitChanges {
  readonly rates: Record<string, number | null>;
  readonly backfill_queue: number | null;
}

const RATE = "rates.";

/** Reads the fields of the form; an empty one is null, and what is no number goes to the server to be refused. */
export function changesOf(texts: Readonly<Record<string, string>>): LimitChanges {
  const rates = Object.entries(texts)
    .filter(([name]) => name.startsWith(RATE))
    .map(([name, text]) => [name.slice(RATE.length), numberIn(text)] as const);
  return { rates: Object.fromEntries(rates), backfill_queue: numberIn(texts["backfill_queue"] ?? "") };
}

/** Writes a limit into its field; the default leaves it empty. */
export function limitOf(value: number, isDefault: boolean): string {
  return isDefault ? "" : String(value);
}

function numberIn(text: string): number | null {
  const plain = text.trim().replaceAll(/[\s,_]/g, "");
  if (plain === "") return null;
  const number = Number(plain);
  return Number.isNaN(number) ? (text as unknown as number) : number;
}
