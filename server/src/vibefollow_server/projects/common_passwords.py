"""Passwords that are tried first: the 30,000 commonest, and what people make of them to reach a length."""

import string
from collections.abc import Container
from functools import cache

# What the list lacks: the product's own name, and what a minimum of ten letters brings about.
_OURS = frozenset({"vibefollow", "administrator", "0123456789"})
_ADDED = string.digits + string.punctuation + string.whitespace
# So many digits and signs around a common password are guessed soon: a year with a sign, a date.
MOST_ADDED = 8


def is_common(password: str) -> bool:
    """Tell whether a password, in small letters, is common, or one with a few digits and signs around it."""
    core = password.strip(_ADDED)
    return password in _commonest() or (len(password) - len(core) <= MOST_ADDED and core in _commonest())


@cache
def _commonest() -> Container[str]:
    # Loaded when the first password is chosen: the lists take 15 MiB, and most processes never need them.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return _OURS.union(FREQUENCY_LISTS["passwords"])
