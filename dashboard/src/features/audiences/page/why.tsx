import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Card } from "@/ui/card";
import { InstantPicker } from "@/ui/instant-picker";
import type { Audience } from "../queries";
import type { AudienceSearch } from "../search";
import { WhyPanel } from "../why/why-panel";
import { AsOfBanner } from "./as-of-banner";

const PATH = "/p/$projectId/audiences/$audienceId";

/** Why a user is in the audience, or not; user and instant are in the URL. */
export function WhyOfAudience({ audience }: { audience: Audience }): ReactNode {
  const { user, asOf } = useSearch({ from: PATH });
  const navigate = useNavigate();
  const change = (part: AudienceSearch): void =>
    void navigate({
      from: PATH,
      to: ".",
      search: (before) => ({ ...before, ...part }),
      resetScroll: false,
    });
  return (
    <>
      {asOf !== undefined && (
        <AsOfBanner asOf={asOf} what="By the present filter." onNow={() => change({ asOf: undefined })} />
      )}
      <Card
        title="Why, or why not"
        className="[&>div]:overflow-visible"
        actions={
          <InstantPicker label="Ask as of" asOf={asOf} onShow={(instant) => change({ asOf: instant })} />
        }
      >
        <WhyPanel
          of={{ audienceId: audience.id }}
          userId={user}
          asOf={asOf}
          onUser={(userId) => change({ user: userId })}
        />
      </Card>
    </>
  );
}
