import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { Button } from "@/ui/button";
import { Empty, Failure } from "@/ui/notice";
import { useTitle } from "@/ui/page";

const RELOADED = "vibefollow.reloaded";

/** A path that is no page. */
export function Lost(): ReactNode {
  useTitle("Not found");
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <Empty
        icon={Compass}
        title="There is no page here"
        action={
          <Button asChild look="primary">
            <Link to="/">Go to the overview</Link>
          </Button>
        }
      >
        The address may be mistyped, or the page has moved.
      </Empty>
    </main>
  );
}

/** A page that could not be shown. After an update the files of an open page are gone: it is loaded anew, once. */
export function PageFailure({ error, reset }: ErrorComponentProps): ReactNode {
  const outdated = /dynamically imported module|module script/i.test(String(error));
  useEffect(() => {
    if (!outdated || sessionStorage.getItem(RELOADED) === location.href) return;
    sessionStorage.setItem(RELOADED, location.href);
    location.reload();
  }, [outdated]);
  return (
    <main>
      <Failure error={error} onRetry={reset} />
    </main>
  );
}
