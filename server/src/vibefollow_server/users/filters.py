"""Which users are asked for, as SQL over a row `u` of `users`. Only what narrows is in a statement."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from .orders import EMAIL_KEY, NAME_KEY, PLAN_KEY, SORTED_LETTERS
from .stages import Stage

# What trigrams find: three letters or digits in a row.
_TRIGRAM = re.compile(r"[^\W_]{3}")
# As the index `users_by_text` has it. Its parts are apart, so that no text is found across two of them.
DOCUMENT = (
    "lower((u.external_user_id COLLATE \"default\") || chr(10) || coalesce(u.email, '')"
    " || chr(10) || coalesce(left(u.name, 200), ''))"
)


class SearchMode(StrEnum):
    """Where a text is looked for in id, e-mail address and name."""

    ANYWHERE = "anywhere"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True)
class UserFilter:
    """None, or an empty `stages`, does not narrow. Times of `…_since` are included, of `…_before` not.

    `unseen_since` asks for those who did nothing since then, also those who never did anything.
    """

    stages: Sequence[Stage] = ()
    plan: str | None = None
    seen_since: datetime | None = None
    unseen_since: datetime | None = None
    signed_up_since: datetime | None = None
    signed_up_before: datetime | None = None
    has_email: bool | None = None
    search: str | None = None
    search_mode: SearchMode = SearchMode.PREFIX

    @property
    def narrows(self) -> bool:
        """Tell whether it does not ask for everybody."""
        return self != UserFilter(search_mode=self.search_mode)


def mode_of(search: str, has_trigrams: bool) -> SearchMode:
    """Return how a text is searched: anywhere where there is an index of trigrams that finds it."""
    return SearchMode.ANYWHERE if has_trigrams and _TRIGRAM.search(search) else SearchMode.PREFIX


class Values:
    """The values of a statement. `add` returns the mark by which the statement names one."""

    def __init__(self, project_id: uuid.UUID) -> None:
        self.all: list[Any] = [project_id]

    def add(self, value: object) -> str:
        """Append a value; return its mark, such as `$2`."""
        self.all.append(value)
        return f"${len(self.all)}"


def conditions(wanted: UserFilter, values: Values) -> list[str]:
    """Return the conditions of a filter, the project's first."""
    found = ["u.project_id = $1"]
    if wanted.stages:
        found.append(among_stages("u", wanted.stages, values))
    if wanted.plan is not None:
        mark = values.add(wanted.plan)
        found.append(f"{PLAN_KEY} = left({mark}::text, {SORTED_LETTERS}) AND u.plan = {mark}")
    if wanted.seen_since is not None:
        found.append(f"u.last_seen_at >= {values.add(wanted.seen_since)}")
    if wanted.unseen_since is not None:
        found.append(f"(u.last_seen_at < {values.add(wanted.unseen_since)} OR u.last_seen_at IS NULL)")
    if wanted.signed_up_since is not None:
        found.append(f"u.signed_up_at >= {values.add(wanted.signed_up_since)}")
    if wanted.signed_up_before is not None:
        found.append(f"u.signed_up_at < {values.add(wanted.signed_up_before)}")
    if wanted.has_email is not None:
        found.append(f"{EMAIL_KEY} IS {'NOT ' if wanted.has_email else ''}NULL")
    if wanted.search:
        found.append(_matches(wanted.search, wanted.search_mode, values))
    return found


def among_stages(row: str, stages: Sequence[Stage], values: Values) -> str:
    """Return the condition that a row's stage is one of some."""
    if len(stages) == 1:
        return f"{row}.stage = {values.add(str(stages[0]))}"
    return f"{row}.stage = ANY({values.add([str(stage) for stage in stages])}::text[])"


def _matches(search: str, mode: SearchMode, values: Values) -> str:
    if mode is SearchMode.ANYWHERE:
        return f"{DOCUMENT} LIKE lower({values.add(f'%{_literal(search)}%')}::text)"
    mark = values.add(f"{_literal(search)}%")
    name_mark = values.add(f"{_literal(search[:SORTED_LETTERS])}%")
    return (
        f"(u.external_user_id LIKE {mark} OR {EMAIL_KEY} LIKE lower({mark}::text)"
        f" OR {NAME_KEY} LIKE lower({name_mark}::text))"
    )


def _literal(search: str) -> str:
    """Return a text as a LIKE pattern that is that text."""
    for special in ("\\", "%", "_"):
        search = search.replace(special, f"\\{special}")
    return search
