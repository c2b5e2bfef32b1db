import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { initial } from "./initial";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import { tellFailure } from "@/ui/toast";
import { forgetSession, useHere } from "./session";
import { chooseTheme, THEMES, useTheme } from "./theme";

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon };
const THEME_NAMES = { system: "As the system", light: "Light", dark: "Dark" };

export function AccountMenu(): ReactNode {
  const { me, projectId } = useHere();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const theme = useTheme();
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          aria-label={`${me.member.name}: account, theme, sign out`}
          className="flex h-11 w-full items-center gap-2 rounded-md px-1.5 text-left hover:bg-hover"
        >
          <span className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent-text">
            {initial(me.member.name)}
          </span>
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm leading-4 font-medium">{me.member.name}</span>
            <span className="block truncate text-2xs text-ink-3">{me.member.email}</span>
          </span>
          <ChevronsUpDown className="size-3.5 text-ink-3" aria-hidden />
        </button>
      }
    >
      <MenuItem
        icon={UserRound}
        onSelect={() => void navigate({ to: "/p/$projectId/settings/account", params: { projectId } })}
      >
        Your account
      </MenuItem>
      <MenuLine />
      <MenuLabel>Theme</MenuLabel>
      {THEMES.map((one) => (
        <MenuItem
          key={one}
          icon={THEME_ICONS[one]}
          chosen={one === theme}
          onSelect={() => {
            chooseTheme(one);
          }}
        >
          {THEME_NAMES[one]}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={LogOut} onSelect={signOut}>
        Sign out
      </MenuItem>
    </Menu>
  );
}

/** Returns what ends the session and goes to the sign-in page. */
export function useSignOut(): () => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { mutate } = useMutation({
    mutationFn: () => ask(api.DELETE("/api/dashboard/v1/session")),
    onSuccess: async () => {
      await navigate({ to: "/sign-in", search: {} });
      forgetSession(client);
    },
    onError: tellFailure,
  });
  return mutate;
}
