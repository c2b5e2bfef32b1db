import { dayKey, dayName } from "@/ui/moments";

/** What happened on one day of the viewer. */
export interface Day<Entry> {
  readonly key: string;
  readonly name: string;
  readonly entries: readonly Entry[];
}

/** Groups entries, which come newest first, by the calendar days of the viewer's timezone. */
export function byDay<Entry>(
  entries: readonly Entry[],
  momentOf: (entry: Entry) => Date,
  now: Date,
  timeZone?: string,
): Day<Entry>[] {
  const days: { key: string; name: string; entries: Entry[] }[] = [];
  for (const entry of entries) {
    const moment = momentOf(entry);
    const key = dayKey(moment, timeZone);
    const last = days.at(-1);
    if (last?.key === key) last.entries.push(entry);
    else days.push({ key, name: dayName(moment, now, timeZone), entries: [entry] });
  }
  return days;
}
