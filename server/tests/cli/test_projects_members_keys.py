"""`vibefollow projects`, `members` and `keys`, as an operator and their scripts see them."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
import typer
from typer.testing import CliRunner

from vibefollow_server.cli import keys, members, projects
from vibefollow_server.projects.api_key import is_well_formed

APPS = {"projects": projects.app, "members": members.app, "keys": keys.app}

Vibefollow = Callable[..., tuple[int, str, str]]


@pytest.fixture
def vibefollow(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vibefollow:
    """Run a command: exit code, stdout and stderr."""
    monkeypatch.setenv("VIBEFOLLOW_SECRET", "a secret of forty characters, for tests!")
    monkeypatch.setenv("VIBEFOLLOW_BASE_URL", "https://follow.test/")

    def run(group: str, *arguments: str) -> tuple[int, str, str]:
        app: typer.Typer = APPS[group]
        options = ["--data-dir", str(tmp_path), "--database-url", database_url]
        result = CliRunner().invoke(app, [*arguments, *options])
        return result.exit_code, result.stdout, result.stderr

    return run


def execute(database_url: str, statement: str, *values: object) -> list[asyncpg.Record]:
    async def work() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(database_url)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    return asyncio.run(work())


def add_member(database_url: str, email: str) -> None:
    execute(
        database_url,
        "INSERT INTO members (id, email, name, password_hash, created_at) VALUES ($1, $2, 'Ada', 'x', now())",
        uuid.uuid4(),
        email,
    )


def test_a_project_is_made_and_listed_in_tab_separated_lines(vibefollow: Vibefollow) -> None:
    assert vibefollow("projects", "list") == (0, "", "")
    code, made, hint = vibefollow("projects", "create", " Acme & Sons ")
    assert code == 0
    assert "members invite --project 'Acme & Sons'" in hint
    name, live, test, created = made.rstrip("\n").split("\t")
    assert name == "Acme & Sons"
    assert uuid.UUID(live) != uuid.UUID(test)
    assert created.endswith("Z")
    assert vibefollow("projects", "list") == (0, made, "")


def test_a_taken_or_unfit_name_is_one_sentence(vibefollow: Vibefollow) -> None:
    vibefollow("projects", "create", "Acme")
    for name in ("Acme", "  ", "x" * 101, "two\nlines"):
        code, out, sentence = vibefollow("projects", "create", name)
        assert (code, out, sentence.count("\n")) == (1, "", 1)


def test_a_project_is_changed_and_shown(vibefollow: Vibefollow) -> None:
    vibefollow("projects", "create", "Acme")
    code, shown, _ = vibefollow("projects", "change", "--project", "Acme", "--grace-period-days", "7")
    assert (code, shown) == (0, "Acme\tUTC\t7\n")
    code, shown, _ = vibefollow(
        "projects", "change", "--project", "Acme", "--name", "Bolt", "--timezone", "Europe/Berlin"
    )
    assert (code, shown) == (0, "Bolt\tEurope/Berlin\t7\n")
    for unfit in (("--grace-period-days", "3651"), ("--timezone", "Mars"), ("--name", " ")):
        code, shown, problem = vibefollow("projects", "change", "--project", "Bolt", *unfit)
        assert (code, shown, problem.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("env", ["live", "test"])
def test_a_new_key_is_alone_on_stdout(vibefollow: Vibefollow, env: str) -> None:
    vibefollow("projects", "create", "Acme")
    code, out, _ = vibefollow("keys", "create", "--project", "Acme", "--env", env, "--name", "CI")
    assert code == 0
    assert out.startswith(f"sk_{env}_")
    assert out.endswith("\n")
    assert is_well_formed(out.removesuffix("\n"))


def test_an_unknown_project_is_told_with_the_names_there_are(vibefollow: Vibefollow) -> None:
    arguments = ("create", "--project", "Acmee", "--env", "test", "--name", "CI")
    assert "there is none yet" in vibefollow("keys", *arguments)[2]
    vibefollow("projects", "create", "Acme")
    vibefollow("projects", "create", "Beta")
    code, out, sentence = vibefollow("keys", *arguments)
    assert (code, out) == (1, "")
    assert sentence == "There is no project 'Acmee'; there are: Acme, Beta.\n"


def test_keys_are_listed_without_the_keys_and_revoked_by_id_or_hint(vibefollow: Vibefollow) -> None:
    texts = []
    for project, env in (("Acme", "test"), ("Acme", "live"), ("Beta", "test")):
        vibefollow("projects", "create", project)
        arguments = ("create", "--project", project, "--env", env, "--name", "CI")
        texts.append(vibefollow("keys", *arguments)[1].strip())
    _, out, _ = vibefollow("keys", "list")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[1:3] for row in rows] == [["Acme", "live"], ["Acme", "test"], ["Beta", "test"]]
    assert not any(text in out for text in texts)
    assert len(vibefollow("keys", "list", "--project", "Beta")[1].splitlines()) == 1
    assert vibefollow("keys", "revoke", rows[0][0])[0] == 0
    assert vibefollow("keys", "revoke", rows[1][4].replace("…", "..."))[0] == 0
    revoked = [line.split("\t")[7] != "" for line in vibefollow("keys", "list")[1].splitlines()]
    assert revoked == [True, True, False]
    assert vibefollow("keys", "revoke", "sk_test_none")[0] == 1


LIMITS = ("limits", "--project", "Acme", "--env")


def test_limits_are_listed_with_what_is_default(vibefollow: Vibefollow) -> None:
    vibefollow("projects", "create", "Acme")
    code, out, _ = vibefollow("projects", *LIMITS, "test")
    assert code == 0
    assert [line.split("\t")[:2] for line in out.splitlines()] == [
        ["users", "500"],
        ["users/bulk", "20"],
        ["events", "1000"],
        ["events/batch", "50"],
        ["events/bulk", "20"],
        ["backfill-queue", "50000"],
    ]
    assert {line.split("\t")[4] for line in out.splitlines()} == {"default"}


def test_limits_are_set_and_put_back_for_one_environment(vibefollow: Vibefollow) -> None:
    vibefollow("projects", "create", "Acme")
    given = ("--set", "events=5000", "--set", "events/bulk=0", "--set", "backfill-queue=200000")
    code, out, _ = vibefollow("projects", *LIMITS, "test", *given)
    assert code == 0
    assert "events\t5000\trequests a second\t1000\tset" in out.splitlines()
    assert "events/bulk\tnone\trequests a second\t20\tset" in out.splitlines()
    assert "backfill-queue\t200000\twaiting records\t50000\tset" in out.splitlines()
    assert vibefollow("projects", *LIMITS, "live")[1].count("default") == 6
    _, out, _ = vibefollow("projects", *LIMITS, "test", "--reset", "events", "--set", "users=7")
    assert "events\t1000\trequests a second\t1000\tdefault" in out.splitlines()
    assert "events/bulk\tnone\trequests a second\t20\tset" in out.splitlines()
    assert vibefollow("projects", *LIMITS, "test")[1] == out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--set", "event=5"), "event: There is no such limit; there are: users, users/bulk, events,"),
        (("--reset", "event"), "event: There is no such limit"),
        (("--set", "events=-1"), "events: A limit is 0 (none) or a positive number."),
        (("--set", "events=nan"), "events: A limit is 0 (none) or a positive number."),
        (("--set", "events=inf"), "events: A limit is 0 (none) or a positive number."),
        (("--set", "events=many"), "events: 'many' is not a number."),
        (("--set", "events="), "events: '' is not a number."),
        (("--set", "events"), "--set takes NAME=NUMBER, such as events=5000, not 'events'."),
        (("--set", "events=0.4"), "events: It must be 0.5 to 1000000 requests a second, or 0 (none)."),
        (("--set", "backfill-queue=1.5"), "backfill-queue: It must be a whole number of records"),
        (("--set", "events=1", "--reset", "events"), "events is named twice; say once what it should be."),
    ],
)
def test_what_is_no_limit_is_one_sentence_and_changes_nothing(
    vibefollow: Vibefollow, given: tuple[str, ...], told: str
) -> None:
    vibefollow("projects", "create", "Acme")
    code, out, sentence = vibefollow("projects", *LIMITS, "test", "--set", "users=7", *given)
    assert (code, out, sentence.count("\n")) == (1, "", 1)
    assert sentence.startswith(told)
    assert vibefollow("projects", *LIMITS, "test")[1].count("default") == 6


def test_limits_of_an_unknown_project_are_told_with_the_names_there_are(vibefollow: Vibefollow) -> None:
    vibefollow("projects", "create", "Beta")
    code, _, sentence = vibefollow("projects", *LIMITS, "test")
    assert (code, sentence) == (1, "There is no project 'Acme'; there are: Beta.\n")


def test_the_first_invite_is_the_setup_link(vibefollow: Vibefollow, database_url: str) -> None:
    vibefollow("projects", "create", "Acme")
    code, out, _ = vibefollow("members", "invite")
    assert code == 0
    address, _, token = out.strip().partition("?token=")
    assert (address, len(token)) == ("https://follow.test/setup", 43)
    assert [row["purpose"] for row in execute(database_url, "SELECT purpose FROM member_links")] == ["setup"]


def test_an_invite_is_for_a_project_and_a_role(vibefollow: Vibefollow, database_url: str) -> None:
    vibefollow("projects", "create", "Acme")
    add_member(database_url, "ada@people.test")
    assert vibefollow("members", "invite")[0] == 0
    vibefollow("projects", "create", "Beta")
    code, _, sentence = vibefollow("members", "invite")
    assert (code, sentence) == (1, "Name the project with --project; there are: Acme, Beta.\n")
    arguments = ("invite", "--project", "Beta", "--role", "admin", "--email", "Bob@people.test")
    assert vibefollow("members", *arguments)[0] == 0
    assert vibefollow("members", "invite", "--project", "Beta", "--email", "nobody")[0] == 1
    links = execute(database_url, "SELECT purpose, role, email FROM member_links ORDER BY created_at")
    assert [tuple(link) for link in links] == [
        ("invite", "member", None),
        ("invite", "admin", "bob@people.test"),
    ]


def test_a_reset_link_is_for_a_member(vibefollow: Vibefollow, database_url: str) -> None:
    code, out, sentence = vibefollow("members", "reset-password", "eve@people.test")
    assert (code, out) == (1, "")
    assert sentence == "No member has the address 'eve@people.test'; there is nobody yet.\n"
    add_member(database_url, "ada@people.test")
    assert "there are: ada@people.test." in vibefollow("members", "reset-password", "eve@people.test")[2]
    code, out, _ = vibefollow("members", "reset-password", "Ada@People.test")
    assert code == 0
    assert out.startswith("https://follow.test/reset?token=")


def test_for_how_long_events_are_kept_is_shown_and_set(vibefollow: Vibefollow, database_url: str) -> None:
    vibefollow("projects", "create", "Acme")
    assert vibefollow("projects", "retention", "--project", "Acme") == (0, "Acme\tfor ever\n", "")
    assert vibefollow("projects", "retention", "--project", "Acme", "--days", "90")[1] == "Acme\t90 days\n"
    assert vibefollow("projects", "retention", "--project", "Acme")[1] == "Acme\t90 days\n"
    rows = execute(database_url, "SELECT environment, retention_days FROM projects ORDER BY 1")
    assert [tuple(row) for row in rows] == [("live", 90), ("test", 90)]
    assert vibefollow("projects", "retention", "--project", "Acme", "--for-ever")[1] == "Acme\tfor ever\n"


@pytest.mark.parametrize("arguments", [("--days", "0"), ("--days", "36501"), ("--days", "9", "--for-ever")])
def test_an_unfit_retention_is_refused_in_one_sentence(
    vibefollow: Vibefollow, arguments: tuple[str, ...]
) -> None:
    vibefollow("projects", "create", "Acme")
    code, printed, said = vibefollow("projects", "retention", "--project", "Acme", *arguments)
    assert (code, printed) == (1, "")
    assert "days" in said
    assert vibefollow("projects", "retention", "--project", "Acme")[1] == "Acme\tfor ever\n"
