import { useEffect, useState, type ReactNode } from "react";
import { ago, agoOrAt, atTime, inFull, inUtc } from "./moments";

const FORMS = { ago, agoOrAt, full: inFull, clock: atTime };

interface TimeProps {
  readonly at: string;
  readonly as?: keyof typeof FORMS;
}

/** A time in the viewer's timezone; in full and in UTC on hover. */
export function Time({ at, as = "ago" }: TimeProps): ReactNode {
  const now = useNow(as === "ago" || as === "agoOrAt");
  const moment = new Date(at);
  const shown = as === "ago" || as === "agoOrAt" ? FORMS[as](moment, now) : FORMS[as](moment);
  return (
    <time dateTime={at} title={`${inFull(moment)}\n${inUtc(moment)}`} className="tnum whitespace-nowrap">
      {shown}
    </time>
  );
}

const TICK_MS = 15_000;

function useNow(ticking: boolean): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => {
      setNow(new Date());
    }, TICK_MS);
    return () => {
      clearInterval(timer);
    };
  }, [ticking]);
  return now;
}
