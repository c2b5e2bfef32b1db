"""The form of an API key (SPEC section 2, "Keys"): `sk_test_` + 32 random characters + 6 of checksum."""

import hmac
import re
from dataclasses import dataclass, field
from typing import Literal

from vibefollow_server.ids import checksum, random_base62
from vibefollow_server.secret import Secret

Environment = Literal["live", "test"]

RANDOM_LENGTH = 32
_FORM = re.compile(rf"sk_(?:live|test)_[0-9A-Za-z]{{{RANDOM_LENGTH}}}[0-9A-Za-z]{{6}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: `text` is shown once and kept nowhere."""

    text: str = field(repr=False)
    hash: bytes = field(repr=False)
    hint: str


def make_key(secret: Secret, environment: Environment) -> NewKey:
    """Make a key of 190 bits of chance. `hint` is what the dashboard may show: `sk_test_a1B2…y8Z9`."""
    prefix, chance = f"sk_{environment}_", random_base62(RANDOM_LENGTH)
    text = prefix + chance + checksum(prefix + chance)
    return NewKey(text, hash_key(secret, text), f"{prefix}{chance[:4]}…{chance[-4:]}")


def is_well_formed(text: str) -> bool:
    """Tell a possible key from a mistyped one by its form and checksum, without a look-up."""
    if not _FORM.fullmatch(text):
        return False
    return hmac.compare_digest(checksum(text[:-6]), text[-6:])


def hash_key(secret: Secret, text: str) -> bytes:
    """Return what the database keeps of a key: HMAC-SHA-256 under the server's secret."""
    return secret.mac("api key", text)
