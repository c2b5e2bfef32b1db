import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "vibefollow.theme"; // public/theme.js reads it before the first paint
const listeners = new Set<() => void>();
const system = matchMedia("(prefers-color-scheme: dark)");

/** Returns what the person has chosen; "system" where they have not. */
export function chosenTheme(): Theme {
  const kept = read();
  return THEMES.find((theme) => theme === kept) ?? "system";
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then the choice lasts as long as the page.
  }
  apply(theme);
  for (const listener of listeners) listener();
}

/** Follows the system while the person has not chosen. */
export function followSystemTheme(): void {
  system.addEventListener("change", () => {
    apply(chosenTheme());
  });
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, chosenTheme);
}

function apply(theme: Theme): void {
  const dark = theme === "dark" || (theme === "system" && system.matches);
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
