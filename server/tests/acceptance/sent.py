"""What was sent, and what became of it as far as its sender could see."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Calls:
    """The identify calls of one user, numbered 1, 2, 3 … in their trait `n`, each after the one before."""

    answered: int = 0
    maybe: bool = False
    """The call after the last answered one got no answer, and was the user's last."""


@dataclass(slots=True)
class Sent:
    """Events by their names, which no other event has, and users by their ids."""

    answered: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    users: dict[str, Calls] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    """Answers that a good request never gets, whatever happens to the server: not 2xx, 409, 429 or 503."""
    given_up: int = 0
    """Requests with a key that were repeated for a minute without an answer."""

    @property
    def records(self) -> int:
        """How many records were answered."""
        return len(self.answered) + sum(calls.answered for calls in self.users.values())

    def next_number(self, user_id: str) -> int:
        """Return the number of a user's next identify call."""
        return self.users[user_id].answered + 1 if user_id in self.users else 1

    def note_events(self, names: list[str], *, answered: bool) -> None:
        """Note what became of events that one request carried."""
        (self.answered if answered else self.unanswered).update(names)

    def note_identified(self, user_ids: list[str], *, answered: bool) -> None:
        """Note what became of the next identify call of each of these users."""
        for user_id in user_ids:
            calls = self.users.setdefault(user_id, Calls())
            if answered:
                calls.answered += 1
            else:
                calls.maybe = True
