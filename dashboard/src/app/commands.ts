import { useNavigate } from "@tanstack/react-router";
import {
  ArrowLeftRight,
  BookCheck,
  KeyRound,
  LogOut,
  Monitor,
  Moon,
  Plus,
  Rocket,
  Sun,
  UserRound,
  type LucideIcon,
} from "lucide-react";
import type { Wire } from "@/api/client";
import { useSignOut } from "./account-menu";
import { idOf } from "./environments";
import { PLACES } from "./navigation";
import { useHere } from "./session";
import { chooseTheme } from "./theme";

/** Something that the palette offers. */
export interface Command {
  readonly id: string;
  readonly label: string;
  readonly note?: string;
  readonly kind: "Page" | "User" | "Action";
  readonly icon: LucideIcon;
  readonly run: () => void;
}

interface Commands {
  readonly pages: readonly Command[];
  readonly ofUser: (user: Wire["UserSummary"]) => Command;
}

/** Returns the pages and actions of where we are, and what makes a command of a user. */
export function useCommands(): Commands {
  const { projectId } = useHere();
  const navigate = useNavigate();
  const actions = useActions();
  const pages = PLACES.map((place): Command => ({
    id: place.to,
    label: place.label,
    kind: "Page",
    icon: place.icon,
    run: () => void navigate({ to: place.to, params: { projectId } }),
  }));
  const ofUser = (user: Wire["UserSummary"]): Command => ({
    id: `user ${user.external_user_id}`,
    label: user.name ?? user.email ?? user.external_user_id,
    note: user.email ?? user.external_user_id,
    kind: "User",
    icon: UserRound,
    run: () =>
      void navigate({
        to: "/p/$projectId/users/$userId",
        params: { projectId, userId: user.external_user_id },
      }),
  });
  return { pages: [...pages, ...actions], ofUser };
}

function useActions(): Command[] {
  const { project, projectId, environment, can } = useHere();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const other = environment === "live" ? "test" : "live";
  const action = (label: string, icon: LucideIcon, run: () => void): Command => ({
    id: label,
    label,
    kind: "Action",
    icon,
    run,
  });
  return [
    ...(can("member")
      ? [
          action(
            "New audience",
            Plus,
            () => void navigate({ to: "/p/$projectId/audiences/new", params: { projectId } }),
          ),
        ]
      : []),
    action(
      "Send your first event",
      Rocket,
      () => void navigate({ to: "/p/$projectId/start", params: { projectId } }),
    ),
    action(
      "API keys",
      KeyRound,
      () => void navigate({ to: "/p/$projectId/settings/keys", params: { projectId } }),
    ),
    action(
      "Ledger",
      BookCheck,
      () => void navigate({ to: "/p/$projectId/settings/ledger", params: { projectId } }),
    ),
    action(
      `Switch to ${other}`,
      ArrowLeftRight,
      () => void navigate({ to: "/p/$projectId", params: { projectId: idOf(project, other) } }),
    ),
    action("Dark theme", Moon, () => {
      chooseTheme("dark");
    }),
    action("Light theme", Sun, () => {
      chooseTheme("light");
    }),
    action("Theme as the system", Monitor, () => {
      chooseTheme("system");
    }),
    action("Sign out", LogOut, signOut),
  ];
}
