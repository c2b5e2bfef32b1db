import { Activity, House, Settings, Shapes, ShieldAlert, Users, type LucideIcon } from "lucide-react";

/** A page of the sidebar and the command palette. `keys`: what opens it, one after the other. */
export interface Place {
  readonly to: PlacePath;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly keys: string;
}

type PlacePath =
  | "/p/$projectId"
  | "/p/$projectId/users"
  | "/p/$projectId/events"
  | "/p/$projectId/audiences"
  | "/p/$projectId/quarantine"
  | "/p/$projectId/settings";

export const PLACES: readonly Place[] = [
  { to: "/p/$projectId", label: "Overview", icon: House, keys: "go" },
  { to: "/p/$projectId/users", label: "Users", icon: Users, keys: "gu" },
  { to: "/p/$projectId/events", label: "Events", icon: Activity, keys: "ge" },
  { to: "/p/$projectId/audiences", label: "Audiences", icon: Shapes, keys: "ga" },
  { to: "/p/$projectId/quarantine", label: "Quarantine", icon: ShieldAlert, keys: "gq" },
  { to: "/p/$projectId/settings", label: "Settings", icon: Settings, keys: "gs" },
];
