// Times as people read them: in the viewer's timezone, and in UTC for whoever looks closer.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Says how long ago it was: "just now", "5 min ago", "3 h ago", "2 d ago", then the date. */
export function ago(moment: Date, now: Date, timeZone?: string): string {
  const passed = now.getTime() - moment.getTime();
  if (passed < -MINUTE) return onDay(moment, now, timeZone);
  if (passed < 10 * SECOND) return "just now";
  if (passed < MINUTE) return `${Math.floor(passed / SECOND)} s ago`;
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`;
  if (passed < 7 * DAY) return `${Math.floor(passed / DAY)} d ago`;
  return onDay(moment, now, timeZone);
}

/** As `ago`, and from yesterday on the date with the time: "16 May, 14:03". For lists in which every minute counts. */
export function agoOrAt(moment: Date, now: Date, timeZone?: string): string {
  if (Math.abs(now.getTime() - moment.getTime()) < DAY) return ago(moment, now, timeZone);
  return `${onDay(moment, now, timeZone)}, ${toTheMinute(moment, timeZone)}`;
}

/** Writes the date, without the year where it is this one: "17 May", "17 May 2024". */
export function onDay(moment: Date, now: Date, timeZone?: string): string {
  const sameYear = part(moment, "year", timeZone) === part(now, "year", timeZone);
  return format(
    { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) },
    timeZone,
  ).format(moment);
}

/** Writes a period as a filter reads: "from 1 May, 14:00 until 3 May"; midnights without their time. */
export function inPeriod(from: Date | null, to: Date | null, now: Date, timeZone?: string): string {
  const write = (moment: Date): string => {
    const time = toTheMinute(moment, timeZone);
    return `${onDay(moment, now, timeZone)}${time === "00:00" ? "" : `, ${time}`}`;
  };
  const begin = from === null ? "" : `from ${write(from)}`;
  const end = to === null ? "" : `until ${write(to)}`;
  return [begin, end].filter(Boolean).join(" ");
}

/** Writes the time of the day to the second: "14:03:22". */
export function atTime(moment: Date, timeZone?: string): string {
  return format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }, timeZone).format(
    moment,
  );
}

/** Writes the time of the day to the minute: "14:03". */
export function toTheMinute(moment: Date, timeZone?: string): string {
  return format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, timeZone).format(moment);
}

/** Writes a moment as a field for date and time holds it: "2026-05-17T14:03". `new Date()` reads it back. */
export function forField(moment: Date, timeZone?: string): string {
  return `${dayKey(moment, timeZone)}T${toTheMinute(moment, timeZone)}`;
}

/** Writes date and time in the viewer's timezone: "17 May 2026, 14:03:22". */
export function inFull(moment: Date, timeZone?: string): string {
  const day = format({ day: "numeric", month: "short", year: "numeric" }, timeZone).format(moment);
  return `${day}, ${atTime(moment, timeZone)}`;
}

/** Writes date and time in UTC: "2026-05-17 14:03:22 UTC". */
export function inUtc(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Names the day that a list is grouped by: "Today", "Yesterday", "Sunday, 17 May 2026". */
export function dayName(moment: Date, now: Date, timeZone?: string): string {
  const day = dayKey(moment, timeZone);
  if (day === dayKey(now, timeZone)) return "Today";
  if (day === dayKey(new Date(now.getTime() - DAY), timeZone)) return "Yesterday";
  return format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }, timeZone).format(moment);
}

/** Names the calendar day of the viewer that a moment lies in: "2026-05-17". */
export function dayKey(moment: Date, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-CA", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    ...zone(timeZone),
  }).format(moment);
}

function part(moment: Date, type: "year", timeZone?: string): string {
  return format({ [type]: "numeric" }, timeZone).format(moment);
}

function format(options: Intl.DateTimeFormatOptions, timeZone?: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", { ...options, ...zone(timeZone) });
}

function zone(timeZone?: string): Intl.DateTimeFormatOptions {
  return timeZone === undefined ? {} : { timeZone };
}
