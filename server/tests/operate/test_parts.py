"""Small rules that the processes go by."""

import os
import signal

import pytest

from vibefollow_server.operate.address import base_url
from vibefollow_server.operate.child import describe, is_ours, pause_before
from vibefollow_server.operate.data_dir import Holder
from vibefollow_server.operate.pg_tools import without_password
from vibefollow_server.settings import Settings


def test_a_process_that_dies_again_and_again_is_started_after_growing_pauses() -> None:
    assert [pause_before(n) for n in range(1, 8)] == [0.0, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_the_lock_file_begins_with_the_process_id_and_is_read_as_written() -> None:
    holder = Holder(42, "up", "::1", 8000, own_database=True, children={"api": 43})
    assert holder.text().splitlines()[0] == "42"
    assert Holder.parse(holder.text()) == holder


@pytest.mark.parametrize(
    "text", ["42\n", "42", '42\n{"work": "u', "42\nnull", '42\n{"of a newer version": 1}']
)
def test_a_lock_file_that_is_written_half_still_names_the_process(text: str) -> None:
    assert Holder.parse(text) == Holder(42)


def test_an_empty_lock_file_is_nobodys() -> None:
    assert Holder.parse("") is None


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (Settings(), "http://127.0.0.1:8000"),
        (Settings(host="0.0.0.0", port=80), "http://127.0.0.1:80"),
        (Settings(host="::"), "http://[::1]:8000"),
        (Settings(base_url="https://follow.example.com/"), "https://follow.example.com"),
    ],
)
def test_the_address_that_is_printed_can_be_opened(settings: Settings, address: str) -> None:
    assert base_url(settings) == address


@pytest.mark.parametrize(
    ("url", "without", "password"),
    [
        (
            "postgresql://me:p%40ss@db:5432/v?sslmode=require",
            "postgresql://me@db:5432/v?sslmode=require",
            "p@ss",
        ),
        ("postgresql://postgres@/v?host=/a%20b", "postgresql://postgres@/v?host=%2Fa%20b", None),
        ("postgresql://db/v?password=x&user=me", "postgresql://db/v?user=me", "x"),
    ],
)
def test_a_password_does_not_get_into_a_tools_arguments(url: str, without: str, password: str | None) -> None:
    assert without_password(url) == (without, password)


def test_an_end_is_described_in_words() -> None:
    assert describe(1) == "exit code 1"
    assert describe(-signal.SIGKILL) == "killed by SIGKILL"


def test_another_process_is_not_taken_for_ours() -> None:
    assert not is_ours(os.getpid(), "api")
    assert not is_ours(2**22 - 1, "api")
