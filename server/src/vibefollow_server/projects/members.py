"""Members: how somebody becomes one, signs in, and gets a new password."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from vibefollow_server.db.pool import Connection, Pool
from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.ids import uuid7
from vibefollow_server.secret import Secret

from . import links, member_queries, queries, throttle
from .links import Link
from .passwords import Passwords, demand_fit
from .roles import ROLES
from .sessions import Member, Shown

# Longer than this for a connection, and the request is told to come back.
CONNECTION_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class NewMember:
    """What somebody says of themselves when they follow a link. `email` in small letters."""

    name: str
    email: str
    password: str


class Members:
    """The door of the dashboard. Connections are not held while a password is hashed."""

    def __init__(self, pool: Pool, secret: Secret, passwords: Passwords) -> None:
        self._pool = pool
        self._secret = secret
        self._passwords = passwords

    async def join(self, token: str, person: NewMember, client: str, now: datetime) -> Shown:
        """Use a set-up or invite link; return the member who now has its roles.

        Somebody who is a member already shows it by their password. Raises 422 (`token`, `email`,
        `password`), 401 for the wrong password of an existing member, 429.
        """
        link = await self._find_link(token, ("setup", "invite"), client, now)
        if link.email is not None and link.email != person.email:
            message = "This link was made for another e-mail address."
            raise refusal(422, "validation_failed", message, "email")
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            known = await member_queries.find_member_by_email(connection, person.email)
        if known is not None:
            shown = await self.sign_in(person.email, person.password, client, now)
        else:
            demand_fit(person.password, person.email, person.name)
            member = Member(uuid7(), person.email, person.name)
            shown = Shown(member, await self._passwords.hash(person.password))
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection, connection.transaction():
            if link.purpose == "setup":
                await queries.lock_first_start(connection)
            await links.use_link(connection, self._secret, token, now)
            await _admit(connection, link, shown, known is None, now)
        return shown

    async def sign_in(self, email: str, password: str, client: str, now: datetime) -> Shown:
        """Return the member with that address (in small letters) and password.

        Raises 401 `invalid_credentials`, the same for an unknown address and a wrong password; 429.
        """
        account = throttle.account(self._secret, email)
        address = throttle.address(self._secret, client)
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            await throttle.count(connection, address, now)
            await throttle.count(connection, account, now)
            row = await member_queries.find_member_by_email(connection, email)
        password_hash: str | None = row["password_hash"] if row else None
        if not await self._passwords.verify(password_hash, password) or row is None:
            raise invalid_credentials()
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            await throttle.take_back(connection, address)
            await throttle.forget(connection, account)
        member = Member(row["id"], row["email"], row["name"])
        return await self._with_todays_hash(Shown(member, row["password_hash"]), password)

    async def change_password(
        self, member_id: uuid.UUID, session_id: uuid.UUID, passwords: tuple[str, str], now: datetime
    ) -> None:
        """Set a new password (`passwords`: the present one, the new one), and end the other sessions.

        Raises 422 for `current_password` and `new_password`, and 429 as `sign_in` does.
        """
        current, new = passwords
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            row = await member_queries.find_member(connection, member_id)
            if row is None:
                raise invalid_credentials()
            account = throttle.account(self._secret, row["email"])
            await throttle.count(connection, account, now)
        if not await self._passwords.verify(row["password_hash"], current):
            message = "This is not your present password."
            raise refusal(422, "validation_failed", message, "current_password")
        demand_fit(new, row["email"], row["name"], field="new_password")
        new_hash = await self._passwords.hash(new)
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection, connection.transaction():
            if not await member_queries.set_password(connection, row["id"], row["password_hash"], new_hash):
                raise invalid_credentials()  # it was changed meanwhile
            await member_queries.delete_sessions_of(connection, member_id, session_id)
            await throttle.forget(connection, account)

    async def reset_password(self, token: str, password: str, client: str, now: datetime) -> None:
        """Use a reset link: set the password and end all of the member's sessions. Raises 422, 429."""
        link = await self._find_link(token, ("reset",), client, now)
        email = link.email or ""
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            row = await member_queries.find_member_by_email(connection, email)
        if row is None:
            raise links.spent()
        demand_fit(password, email, row["name"])
        new_hash = await self._passwords.hash(password)
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection, connection.transaction():
            await links.use_link(connection, self._secret, token, now)
            if not await member_queries.set_password(connection, row["id"], row["password_hash"], new_hash):
                raise links.spent()
            await member_queries.delete_sessions_of(connection, row["id"])
            await throttle.forget(connection, throttle.account(self._secret, email))

    async def _find_link(
        self, token: str, purposes: tuple[links.Purpose, ...], client: str, now: datetime
    ) -> Link:
        address = throttle.address(self._secret, client)
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            await throttle.count(connection, address, now)
            link = await links.find_link(connection, self._secret, token, purposes, now)
            await throttle.take_back(connection, address)
        return link

    async def _with_todays_hash(self, shown: Shown, password: str) -> Shown:
        """Hash anew where the parameters have become stronger since."""
        if not self._passwords.is_outdated(shown.password_hash):
            return shown
        new_hash = await self._passwords.hash(password)
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            if not await member_queries.set_password(
                connection, shown.member.id, shown.password_hash, new_hash
            ):
                raise invalid_credentials()  # it was changed meanwhile
        return Shown(shown.member, new_hash)


async def _admit(connection: Connection, link: Link, shown: Shown, is_new: bool, now: datetime) -> None:
    """Make the member, where they are new, and their memberships."""
    member = shown.member
    if link.purpose == "setup" and await member_queries.any_member(connection):
        raise links.spent()  # it makes the first member, and somebody is here
    if is_new and not await member_queries.insert_member(
        connection, member.id, member.email, member.name, shown.password_hash, now
    ):
        message = "This address has just become a member's; try again with that password."
        raise refusal(422, "validation_failed", message, "email")
    if link.purpose == "setup":
        await member_queries.own_all_projects(connection, member.id, now)
    elif link.pair_id is not None and link.role is not None:
        await member_queries.raise_role(connection, link.pair_id, member.id, link.role, now, ROLES)


def invalid_credentials() -> ApiError:
    """Return the one answer to a wrong password and to an unknown address."""
    return refusal(401, "invalid_credentials", "The e-mail address or the password is wrong.")
