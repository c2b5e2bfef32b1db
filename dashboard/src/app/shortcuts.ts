import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { PLACES } from "./navigation";
import { useHere } from "./session";

const SEQUENCE_MS = 900;

/** ⌘K or Ctrl+K opens the palette, "/" goes to the page's search, "g" and a letter open a page. */
export function useShortcuts(setSearching: (searching: boolean) => void): void {
  const { projectId } = useHere();
  const navigate = useNavigate();
  const begun = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isPaletteKey(event)) {
        event.preventDefault();
        setSearching(true);
      } else if (!isTaken(event)) {
        if (event.key === "/") focusSearch(event);
        const followsG = event.timeStamp - begun.current < SEQUENCE_MS;
        const place = followsG && PLACES.find((one) => one.keys === `g${event.key}`);
        if (place) void navigate({ to: place.to, params: { projectId } });
        begun.current = event.key === "g" ? event.timeStamp : -SEQUENCE_MS;
      }
    };
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
    };
  }, [navigate, projectId, setSearching]);
}

function focusSearch(event: KeyboardEvent): void {
  const box = document.querySelector<HTMLInputElement>("main input[type=search]");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
}

function isPaletteKey(event: KeyboardEvent): boolean {
  return (event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k";
}

function isTaken(event: KeyboardEvent): boolean {
  return event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target);
}

/** Whether the key goes into a text, or to a dialog. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.matches("input, textarea, select, [contenteditable=true]") ||
    target.closest("[role=dialog],[role=menu]") !== null
  );
}
