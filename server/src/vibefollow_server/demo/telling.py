"""Sending the story through the public API, with the Python SDK, under a progress bar."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vibefollow import BulkResult, VibeFollow, VibeFollowError, chunk
from vibefollow_server.errors import OperatorError

from .story import Story

RECORDS_A_REQUEST = 1000
# The product asks for patience (429) when its queue of backfill is full: it is worked off in a second or two.
RETRIES = 20


@dataclass(frozen=True, slots=True)
class Told:
    """How many records the API has accepted and refused."""

    accepted: int
    rejected: int


def send_story(story: Story, base_url: str, api_key: str) -> Told:
    """Send everything in its order. Raises `OperatorError` where the API does not take it."""
    accepted = rejected = 0
    try:
        with (
            VibeFollow(api_key=api_key, base_url=base_url, max_retries=RETRIES) as client,
            _progress() as bar,
        ):
            for title, records, send in _parts(story, client):
                task = bar.add_task(title, total=len(records))
                for part in chunk(records, RECORDS_A_REQUEST):
                    result = send(part)
                    accepted, rejected = accepted + result.accepted, rejected + result.rejected
                    bar.advance(task, len(part))
    except VibeFollowError as error:
        raise OperatorError(f"{base_url} does not take the demo's records: {error}") from None
    return Told(accepted, rejected)


def _parts(
    story: Story, client: VibeFollow
) -> "list[tuple[str, Sequence[Any], Callable[[list[Any]], BulkResult]]]":
    return [
        ("users", story.users, client.users.identify_bulk),
        ("events", story.events, client.events.bulk),
        ("changes", story.later, client.users.identify_bulk),
    ]


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:>7}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
