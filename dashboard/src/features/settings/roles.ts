import { reaches, type Role } from "@/app/session";

/** The roles, the highest first, with what each may do. */
export const ROLE_MEANINGS: readonly (readonly [Role, string])[] = [
  ["owner", "Everything, also other owners"],
  ["admin", "Keys, limits, team and project"],
  ["member", "Works with users and the quarantine"],
  ["viewer", "Looks at everything, changes nothing"],
];

/** The roles that somebody with `own` may give. */
export function givable(own: Role): Role[] {
  return ROLE_MEANINGS.map(([role]) => role).filter((role) => reaches(own, "admin") && reaches(own, role));
}
