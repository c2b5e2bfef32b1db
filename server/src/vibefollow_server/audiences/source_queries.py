"""Where a filter's values come from: what is joined to a row `u` of `users`, each source once.

Two ways lead to the same answer. The present columns and counters are short. Versions, changes and events say
it of any instant; `by_columns` of the question chooses.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES
from vibefollow_server.events.keys import normal_form
from vibefollow_server.users.filters import Values

from .operands import JsonOperand, NumberOperand, Operand, TextOperand, TimeOperand
from .question import Question, Window

# Fields that only identify calls say, and their names in `user_changes`.
SAID_TEXTS = ("email", "name", "company", "role", "timezone", "locale")
LIFECYCLE_TEXTS = ("plan", "billing_interval")
LIFECYCLE_TIMES = ("trial_ends_at", "access_ends_at")


class Sources(ABC):
    """The joins that a statement needs, and the values that they give."""

    def __init__(self, question: Question, values: Values) -> None:
        self.question = question
        self.values = values
        self.instant = f"{values.add(question.instant)}::timestamptz"
        self._user_ids = (
            None if question.user_ids is None else f"{values.add(list(question.user_ids))}::text[]"
        )
        self._joins: list[str] = []
        self._aliases: dict[object, str] = {}

    @property
    def joined(self) -> str:
        """The FROM clause and the conditions of the base: who was identified by then."""
        base = f"u.project_id = $1 AND u.identified_at <= {self.instant}{self._of_users('u')}"
        return f"FROM users u {' '.join(self._joins)} WHERE {base}"

    @abstractmethod
    def field(self, name: str) -> Operand:
        """Return a field's value."""

    @abstractmethod
    def trait(self, key: str) -> Operand:
        """Return a trait's value."""

    @abstractmethod
    def stage(self) -> str:
        """Return the stage."""

    def events(self, name: str, window: Window, properties: Sequence[str]) -> str:
        """Join the number of events in a window; return the alias: `number`, `first_at`, `last_at`.

        `properties` are conditions about an event `e`.
        """

        def numbers() -> str:
            wanted = [f"e.name = {self.values.add(name)}::text", *self._inside("e.occurred_at", window)]
            return f"""
                SELECT e.project_id, e.external_user_id, count(*) AS number, min(e.occurred_at) AS first_at,
                       max(e.occurred_at) AS last_at
                FROM events e WHERE {self._happened("e")} AND {" AND ".join([*wanted, *properties])}
                GROUP BY e.project_id, e.external_user_id
            """

        return self._join("e", (name, window, tuple(properties)), numbers)

    def _happened(self, alias: str) -> str:
        """Return the conditions that an event of the users had happened and was known by then."""
        return (
            f"{alias}.project_id = $1 AND {alias}.occurred_at <= {self.instant}"
            f" AND {alias}.received_at <= {self.instant}{self._of_users(alias)}"
        )

    def _inside(self, time: str, window: Window) -> list[str]:
        found = []
        if window.since is not None:
            sign = ">" if window.is_open else ">="
            found.append(f"{time} {sign} {self.values.add(window.since)}::timestamptz")
        if window.until is not None:
            found.append(f"{time} < {self.values.add(window.until)}::timestamptz")
        return found

    def _of_users(self, alias: str) -> str:
        return f" AND {alias}.external_user_id = ANY({self._user_ids})" if self._user_ids else ""

    def _join(self, letter: str, key: object, rows: Callable[[], str]) -> str:
        """Join a source of at most one row for each user, unless it is there; return its alias."""
        known = (letter, key)
        if known not in self._aliases:
            alias = self._aliases[known] = f"{letter}{len(self._aliases) + 1}"
            self._joins.append(
                f"LEFT JOIN ({rows()}) {alias} ON {alias}.project_id = u.project_id"
                f" AND {alias}.external_user_id = u.external_user_id"
            )
        return self._aliases[known]


def property_value(key: str, values: Values) -> Operand:
    """Return the value of a property of an event `e`, in any spelling of its key."""
    mark = f"{values.add(normal_form(key))}::text"
    return JsonOperand(f"(e.properties -> coalesce(e.property_keys ->> {mark}, {mark}))")


class PresentSources(Sources):
    """Values by the present columns and counters."""

    def field(self, name: str) -> Operand:
        if name == "stage_since":
            return TimeOperand("coalesce(u.stage_since, u.first_seen_at)")
        if name == "mrr_cents":
            return NumberOperand("u.mrr_cents")
        return TimeOperand(f"u.{name}") if name.endswith("_at") else TextOperand(f"u.{name}")

    def trait(self, key: str) -> Operand:
        mark = f"{self.values.add(normal_form(key))}::text"
        return JsonOperand(f"(u.traits -> coalesce(u.trait_keys ->> {mark}, {mark}))")

    def stage(self) -> str:
        return "u.stage"

    def counter(self, name: str) -> str:
        """Join the counter of a name; return the alias: `number`, `first_at`, `last_at`."""

        def counters() -> str:
            return f"""
                SELECT c.project_id, c.external_user_id, c.count AS number, c.first_at, c.last_at
                FROM user_event_counts c
                WHERE c.project_id = $1 AND c.name = {self.values.add(name)}::text{self._of_users("c")}
            """

        return self._join("n", name, counters)

    def has_happened(self, name: str, window: Window) -> str | None:
        """Return the condition that an event happened in a window; None where counters do not say it."""
        if window.since is not None and window.until is not None:
            return None
        alias = self.counter(name)
        if window.since is not None:
            return self._inside(f"{alias}.last_at", window)[0]
        if window.until is not None:
            return self._inside(f"{alias}.first_at", window)[0]
        return f"{alias}.number >= 1"


class PastSources(Sources):
    """Values by what was known when: versions of lifecycles, changes of fields and traits, events."""

    def field(self, name: str) -> Operand:
        if name in SAID_TEXTS:
            return TextOperand(f"({self._change(name)}.value #>> '{{}}')")
        if name in LIFECYCLE_TEXTS:
            return TextOperand(f"{self._lifecycle()}.{name}")
        if name in LIFECYCLE_TIMES:
            return TimeOperand(f"{self._lifecycle()}.{name}")
        if name == "mrr_cents":
            return NumberOperand(f"{self._lifecycle()}.mrr_cents")
        if name == "external_user_id":
            return TextOperand("u.external_user_id")
        return TimeOperand(self._time(name))

    def trait(self, key: str) -> Operand:
        return JsonOperand(f"{self._change(normal_form(key))}.value")

    def stage(self) -> str:
        return f"{self._lifecycle()}.stage"

    def _time(self, name: str) -> str:
        match name:
            case "identified_at":
                return "u.identified_at"
            case "first_seen_at":
                return f"least(u.identified_at, {self._seen()}.first_at)"
            case "last_seen_at":
                return f"{self._seen()}.last_at"
            case "stage_since":
                return f"coalesce({self._lifecycle()}.stage_since, {self._time('first_seen_at')})"
        said = f"({self._change('signup_date')}.value #>> '{{}}')::timestamptz"
        return f"coalesce({said}, {self._seen()}.signed_up_at)"

    def _change(self, key: str) -> str:
        def last_said() -> str:
            return f"""
                SELECT DISTINCT ON (c.external_user_id) c.project_id, c.external_user_id, c.new AS value
                FROM user_changes c
                WHERE c.project_id = $1 AND c.key = {self.values.add(key)}::text
                  AND c.known_at <= {self.instant}{self._of_users("c")}
                ORDER BY c.external_user_id, c.change_no DESC
            """

        return self._join("c", key, last_said)

    def _seen(self) -> str:
        def seen() -> str:
            others = f"{self.values.add(list(NON_ACTIVITY_NAMES))}::text[]"
            return f"""
                SELECT e.project_id, e.external_user_id, min(e.occurred_at) AS first_at,
                       max(e.occurred_at) FILTER (WHERE e.name <> ALL({others})) AS last_at,
                       min(e.occurred_at) FILTER (WHERE e.name = 'user_signed_up') AS signed_up_at
                FROM events e WHERE {self._happened("e")}
                GROUP BY e.project_id, e.external_user_id
            """

        return self._join("s", None, seen)

    def _lifecycle(self) -> str:
        """Join the version that held then, moved on where time alone has, and no sweep has come to it."""
        return self._join("v", None, self._versions)

    def _versions(self) -> str:
        turned = (
            "v.until_at = 'infinity' AND t.turns_at > '-infinity'"
            f" AND t.turns_at <= {self.instant} AND v.stage IN ('trial', 'cancelled')"
        )
        return f"""
            SELECT v.project_id, v.external_user_id, v.plan, v.billing_interval, v.trial_ends_at,
                   v.access_ends_at,
                   CASE WHEN ({turned}) IS NOT TRUE THEN v.stage
                        WHEN v.stage = 'trial' THEN 'trial_ended' ELSE 'churned' END AS stage,
                   CASE WHEN {turned} THEN t.turns_at ELSE v.stage_since END AS stage_since,
                   CASE WHEN {turned} AND v.stage = 'cancelled' THEN 0 ELSE v.mrr_cents END AS mrr_cents
            FROM user_lifecycles v JOIN users t
              ON t.project_id = v.project_id AND t.external_user_id = v.external_user_id
            WHERE v.project_id = $1 AND v.from_at <= {self.instant} AND v.until_at > {self.instant}
              {self._of_users("v")}
        """
