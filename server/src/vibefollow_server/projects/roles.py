"""What a member may do in a project: each role may do all that the ones before it may."""

from typing import Literal

Role = Literal["viewer", "member", "admin", "owner"]
ROLES: tuple[Role, ...] = ("viewer", "member", "admin", "owner")


def reaches(role: Role, wanted: Role) -> bool:
    """Tell whether `role` may do what `wanted` may."""
    return ROLES.index(role) >= ROLES.index(wanted)
