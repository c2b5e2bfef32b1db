"""The server's secret, and what is made from it: hashes of keys and tokens, never the secret itself.

It comes from `VIBEFOLLOW_SECRET`, or from the file `secret` in the data directory, made on first use.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from .errors import OperatorError
from .settings import Settings

SHORTEST = 32
FILE_NAME = "secret"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret of 32 characters or more. Every purpose gets a key of its own from it."""

    text: str = field(repr=False)

    def mac(self, purpose: str, value: str) -> bytes:
        """Return the HMAC-SHA-256 (32 bytes) of `value` under this secret's key for `purpose`."""
        key = hmac.digest(self.text.encode(), purpose.encode(), "sha256")
        return hmac.digest(key, value.encode(), "sha256")

    def check_value(self) -> str:
        """Return what the database remembers of the secret, to recognise a wrong one by."""
        return hashlib.sha256(self.mac("installation check", "")).hexdigest()


def load_secret(settings: Settings) -> Secret:
    """Return the installation's secret; make it where there is none. Raises `OperatorError`."""
    if settings.secret is not None:
        return _checked(settings.secret, "VIBEFOLLOW_SECRET")
    path = settings.data_dir / FILE_NAME
    try:
        if not path.exists():
            write_secret(settings.data_dir, secrets.token_urlsafe(48))
        return _checked(path.read_text().strip(), str(path))
    except OSError as error:
        raise OperatorError(f"The secret {path} cannot be read or made: {error.strerror}.") from error


def write_secret(data_dir: Path, text: str) -> None:
    """Keep `text` as the installation's secret: readable by its owner only, whole or not at all."""
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = data_dir / f"{FILE_NAME}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(data_dir / FILE_NAME)


def _checked(text: str, where: str) -> Secret:
    if len(text) < SHORTEST:
        raise OperatorError(f"The secret in {where} is too short: it needs {SHORTEST} characters or more.")
    return Secret(text)
