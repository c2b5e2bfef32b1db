"""What doctor finds: a statement, and, where something is to be done, what."""

from dataclasses import dataclass
from typing import Literal

Mark = Literal["✓", "!", "✗"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of doctor's list. `✓` is well, `!` deserves a look, `✗` is wrong."""

    mark: Mark
    what: str
    advice: str = ""

    def text(self) -> str:
        """Return the finding as it is printed."""
        return f"{self.mark} {self.what}" + (f"\n    → {self.advice}" if self.advice else "")


def well(what: str) -> Finding:
    """Return a finding of something in order."""
    return Finding("✓", what)


def look(what: str, advice: str) -> Finding:
    """Return a finding that may become wrong, or may be meant."""
    return Finding("!", what, advice)


def wrong(what: str, advice: str) -> Finding:
    """Return a finding of something that keeps the product from working, or its promises."""
    return Finding("✗", what, advice)
