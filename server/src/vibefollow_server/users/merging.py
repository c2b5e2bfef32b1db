"""How an identify call changes what is known of a user (SPEC section 2, "user", and section 3).

A trait sent again overwrites, `null` removes, one not sent stays. Keys are alike in camelCase and snake_case;
the key as it was sent last is what is shown. Every change of a field or trait is noted, from the first on.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from vibefollow_server.events.keys import normal_form
from vibefollow_server.ingest.moments import parse_moment

from .state.derived import SaidPlan

FIELDS = ("email", "name", "plan", "company", "role", "signup_date", "timezone", "locale")
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Change:
    """A field or trait, by the normal form of its key, before and after. None: it was not there."""

    external_user_id: str
    change_no: int
    key: str
    old: Any
    new: Any
    known_at: datetime


@dataclass(slots=True)
class UserState:
    """What is known of a user from identify calls. `fields` has a key for each of FIELDS.

    `fields["plan"]` is the plan as they said it. Which plan counts, derived state says; it is told the
    `plan_words` of the calls just merged, repeated ones too.
    """

    external_user_id: str
    identified_at: datetime
    updated_at: datetime
    fields: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(FIELDS))
    traits: dict[str, Any] = field(default_factory=dict)
    trait_keys: dict[str, str] = field(default_factory=dict)
    change_count: int = 0
    plan_words: list[SaidPlan] = field(default_factory=list)

    def identify(self, email: str | None, traits: dict[str, Any], known_at: datetime) -> list[Change]:
        """Merge one identify call, and return what it changed, in the order of its keys."""
        changes = [self._set(key, value, known_at, email) for key, value in traits.items()]
        if email is not None:
            changes.append(self._set_field("email", email, known_at))
        self.updated_at = max(self.updated_at, known_at)
        return [change for change in changes if change is not None]

    def _set(self, key: str, value: Any, known_at: datetime, email: str | None) -> Change | None:  # noqa: ANN401
        normal = normal_form(key)
        if normal == "email" and email is not None:
            return None  # `traits.email` beside `email` is ignored
        if normal in self.fields:
            return self._set_field(normal, value, known_at)
        return self._set_trait(normal, key, value, known_at)

    def _set_field(self, name: str, value: Any, known_at: datetime) -> Change | None:  # noqa: ANN401
        if name == "signup_date" and value is not None:
            value = _utc(parse_moment(value))
        if name == "plan":
            self.plan_words.append(SaidPlan(value, known_at))
        old, self.fields[name] = self.fields[name], value
        return self._change(name, _as_json(old), _as_json(value), known_at)

    def _set_trait(self, normal: str, key: str, value: Any, known_at: datetime) -> Change | None:  # noqa: ANN401
        shown = self.trait_keys.pop(normal, normal)
        old = self.traits.pop(shown, None)
        if value is not None:
            self.traits[key] = value
            if key != normal:
                self.trait_keys[normal] = key
        return self._change(normal, old, value, known_at)

    def _change(self, key: str, old: Any, new: Any, known_at: datetime) -> Change | None:  # noqa: ANN401
        if _encode(old) == _encode(new):
            return None
        self.change_count += 1
        return Change(self.external_user_id, self.change_count, key, old, new, known_at)


def _utc(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("The ingest path lets no sign-up date in that cannot be read.")
    return moment.astimezone(UTC)


def _as_json(value: Any) -> Any:  # noqa: ANN401 - any JSON value, or an instant
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
