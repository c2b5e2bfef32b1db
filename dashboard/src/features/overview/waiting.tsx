import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Card } from "@/ui/card";
import { ListLink } from "./list-link";
import type { Numbers } from "./queries";
import { wordsFor, type Waits } from "./waiting-words";

/** What waits for the member, the most urgent first. Nothing where nothing does. */
export function Waiting({ items }: { items: Numbers["waiting"] }): ReactNode {
  const { can } = useHere();
  const mine = items.flatMap((item): Waits[] => {
    const words = wordsFor(item);
    return words !== null && can(words.role) ? [{ item, ...words }] : [];
  });
  if (mine.length === 0) return null;
  return (
    <Card title="Waits for you" flush>
      <ul>
        {mine.map(({ item, text, advice }) => (
          <li key={item.kind} className="border-b last:border-0">
            <ListLink
              list={item.list}
              className="group flex min-h-11 items-center gap-3 px-4 py-2 hover:bg-sunken"
            >
              <span className="size-1.5 shrink-0 rounded-full bg-warn" aria-hidden />
              <span className="min-w-0 flex-1 text-sm">
                <span className="font-medium">{text}</span>{" "}
                <span className="text-ink-3 max-sm:block">{advice}</span>
              </span>
              <ArrowRight className="size-3.5 shrink-0 text-ink-3 group-hover:text-ink" aria-hidden />
            </ListLink>
          </li>
        ))}
      </ul>
    </Card>
  );
}
