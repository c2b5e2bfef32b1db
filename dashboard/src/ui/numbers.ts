const WHOLE = new Intl.NumberFormat("en");

/** Writes a number with separators: 12,345. */
export function count(number: number): string {
  return WHOLE.format(number);
}

/** Writes how many of something: "1 event", "2 events". */
export function many(number: number, one: string, more = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : more}`;
}

const AMOUNT = new Intl.NumberFormat("en", { minimumFractionDigits: 0, maximumFractionDigits: 2 });

/** Writes an amount in cents as whole units. Its currency is the customer's own, and not ours to name. */
export function money(cents: number): string {
  return AMOUNT.format(cents / 100);
}

const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Writes a number as short as an axis needs it: 950, 1.2K, 3M. */
export function short(number: number): string {
  return SHORT.format(number);
}
