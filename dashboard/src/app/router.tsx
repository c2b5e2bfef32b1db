import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { Problem } from "@/api/problem";
import { Toasts } from "@/ui/toast";
import { findEnvironment, firstPlace, lastPlace, rememberPlace } from "./environments";
import { Lost, PageFailure } from "./failures";
import { ownPath, parseSearch, stringifySearch, textIn, type RawSearch } from "./search-params";
import { meQuery, type Me } from "./session";
import { Shell } from "./shell";
import { profileSearch, usersSearch } from "@/features/users/search";
import { eventsSearch, namesSearch } from "@/features/events/search";
import { audienceSearch, audiencesSearch, newSearch } from "@/features/audiences/search";
import { overviewSearch } from "@/features/overview/search";
import { quarantineSearch } from "@/features/quarantine/search";
import { ledgerSearch } from "@/features/settings/ledger-terms";

interface Context {
  readonly queryClient: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: () => (
    <>
      <Outlet />
      <Toasts />
    </>
  ),
  notFoundComponent: Lost,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (raw: RawSearch): { next?: string | undefined } => ({ next: ownPath(raw["next"]) }),
  component: lazyRouteComponent(() => import("@/features/access/sign-in"), "SignIn"),
});

const linkSearch = (raw: RawSearch): { token?: string | undefined } => ({ token: textIn(raw, "token") });

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: linkSearch,
  component: lazyRouteComponent(() => import("@/features/access/setup"), "SetUp"),
});

const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  validateSearch: linkSearch,
  component: lazyRouteComponent(() => import("@/features/access/reset"), "Reset"),
});

/** Returns who is signed in, or goes to the sign-in page and comes back later. */
async function demandMe(client: QueryClient, href: string): Promise<Me> {
  try {
    return await client.query({ ...meQuery, staleTime: "static" });
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way
    throw redirect({ to: "/sign-in", search: { next: href === "/" ? undefined : href } });
  }
}

const entrance = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async ({ context, location }) => {
    const me = await demandMe(context.queryClient, location.href);
    const projectId = firstPlace(me.projects, lastPlace());
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way
    if (projectId !== null) throw redirect({ to: "/p/$projectId", params: { projectId } });
  },
  component: lazyRouteComponent(() => import("@/features/projects/first-project"), "FirstProject"),
});

const project = createRoute({
  getParentRoute: () => root,
  path: "/p/$projectId",
  beforeLoad: async ({ context, params, location }) => {
    const me = await demandMe(context.queryClient, location.href);
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way
    if (!findEnvironment(me.projects, params.projectId)) throw redirect({ to: "/" });
    rememberPlace(params.projectId);
  },
  component: Shell,
});

const overview = createRoute({
  getParentRoute: () => project,
  path: "/",
  validateSearch: overviewSearch,
  component: lazyRouteComponent(() => import("@/features/overview/overview"), "Overview"),
});

const start = createRoute({
  getParentRoute: () => project,
  path: "/start",
  component: lazyRouteComponent(() => import("@/features/start/start"), "Start"),
});

const users = createRoute({
  getParentRoute: () => project,
  path: "/users",
  validateSearch: usersSearch,
  component: lazyRouteComponent(() => import("@/features/users/list"), "UserList"),
});

const user = createRoute({
  getParentRoute: () => project,
  path: "/users/$userId",
  validateSearch: profileSearch,
  component: lazyRouteComponent(() => import("@/features/users/profile"), "UserProfile"),
});

const events = createRoute({
  getParentRoute: () => project,
  path: "/events",
  validateSearch: eventsSearch,
  component: lazyRouteComponent(() => import("@/features/events/stream"), "EventStream"),
});

const eventNames = createRoute({
  getParentRoute: () => project,
  path: "/event-names",
  validateSearch: namesSearch,
  component: lazyRouteComponent(() => import("@/features/events/names"), "EventNames"),
});

const eventName = createRoute({
  getParentRoute: () => project,
  path: "/event-names/$name",
  component: lazyRouteComponent(() => import("@/features/events/name"), "EventNamePage"),
});

const audiences = createRoute({
  getParentRoute: () => project,
  path: "/audiences",
  validateSearch: audiencesSearch,
  component: lazyRouteComponent(() => import("@/features/audiences/list"), "AudienceList"),
});

const newAudience = createRoute({
  getParentRoute: () => project,
  path: "/audiences/new",
  validateSearch: newSearch,
  component: lazyRouteComponent(() => import("@/features/audiences/builder/new"), "NewAudience"),
});

const audience = createRoute({
  getParentRoute: () => project,
  path: "/audiences/$audienceId",
  validateSearch: audienceSearch,
  component: lazyRouteComponent(() => import("@/features/audiences/page/audience"), "AudiencePage"),
});

const editedAudience = createRoute({
  getParentRoute: () => project,
  path: "/audiences/$audienceId/edit",
  component: lazyRouteComponent(() => import("@/features/audiences/builder/edit"), "EditAudience"),
});

const quarantine = createRoute({
  getParentRoute: () => project,
  path: "/quarantine",
  validateSearch: quarantineSearch,
  component: lazyRouteComponent(() => import("@/features/quarantine/list"), "Quarantine"),
});

const quarantineRecord = createRoute({
  getParentRoute: () => project,
  path: "/quarantine/$recordId",
  component: lazyRouteComponent(() => import("@/features/quarantine/record"), "QuarantineRecord"),
});

const settings = createRoute({
  getParentRoute: () => project,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/settings/frame"), "SettingsFrame"),
});

const settingsEntrance = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: ({ params }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way
    throw redirect({ to: "/p/$projectId/settings/project", params, replace: true });
  },
});

const settingsProject = createRoute({
  getParentRoute: () => settings,
  path: "/project",
  component: lazyRouteComponent(() => import("@/features/settings/project"), "ProjectSettings"),
});

const settingsKeys = createRoute({
  getParentRoute: () => settings,
  path: "/keys",
  component: lazyRouteComponent(() => import("@/features/settings/keys"), "KeySettings"),
});

const settingsTeam = createRoute({
  getParentRoute: () => settings,
  path: "/team",
  component: lazyRouteComponent(() => import("@/features/settings/team"), "TeamSettings"),
});

const settingsLimits = createRoute({
  getParentRoute: () => settings,
  path: "/limits",
  component: lazyRouteComponent(() => import("@/features/settings/limits"), "LimitSettings"),
});

const settingsLedger = createRoute({
  getParentRoute: () => settings,
  path: "/ledger",
  validateSearch: ledgerSearch,
  component: lazyRouteComponent(() => import("@/features/settings/ledger"), "Ledger"),
});

const settingsAccount = createRoute({
  getParentRoute: () => settings,
  path: "/account",
  component: lazyRouteComponent(() => import("@/features/settings/account"), "AccountSettings"),
});

const tree = root.addChildren([
  signIn,
  setup,
  reset,
  entrance,
  project.addChildren([
    overview,
    start,
    users,
    user,
    events,
    eventNames,
    eventName,
    audiences,
    newAudience,
    audience,
    editedAudience,
    quarantine,
    quarantineRecord,
    settings.addChildren([
      settingsEntrance,
      settingsProject,
      settingsKeys,
      settingsTeam,
      settingsLimits,
      settingsLedger,
      settingsAccount,
    ]),
  ]),
]);

/** Makes the router of the application. */
export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: PageFailure,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
