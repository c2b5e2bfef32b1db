"""Endpoints of the people: one-time links, sign-in and sign-out, and who I am."""

from fastapi import APIRouter, Request, Response

from vibefollow_server import clock
from vibefollow_server.web.dashboard.access import GuardedRoute, SignedIn, public
from vibefollow_server.web.dashboard.services import ClientAddress, Database, Services, ServicesOfApp
from vibefollow_server.web.dashboard.wire import PREFIX, Answer

from . import queries
from .links import normal_email
from .members import CONNECTION_SECONDS, NewMember, invalid_credentials
from .schemas import AcceptLink, Done, Me, MemberOut, ProjectOut, ResetPassword, SignIn
from .sessions import Device, Shown, close_session, open_session

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["members"])


@router.post("/setup")
@public
async def accept_link(
    body: AcceptLink, request: Request, response: Response, services: Services, client: ClientAddress
) -> Answer[MemberOut]:
    """Become a member by a set-up link (owner of every project) or an invite link, and sign in.

    Who is a member already gives their own password, and gets the role in addition.
    """
    person = NewMember(body.name, body.email, body.password)
    shown = await services.members.join(body.token, person, client, clock.now())
    return await _begin_session(request, response, services, shown, client)


@router.post("/password-reset")
@public
async def reset_password(body: ResetPassword, services: Services, client: ClientAddress) -> Answer[Done]:
    """Set a new password by a reset link. It ends all of the member's sessions: sign in anew."""
    await services.members.reset_password(body.token, body.password, client, clock.now())
    return Answer(data=Done())


@router.post("/session")
@public
async def sign_in(
    body: SignIn, request: Request, response: Response, services: Services, client: ClientAddress
) -> Answer[MemberOut]:
    """Sign in: the answer sets the session cookie.

    `invalid_credentials` for an unknown address and for a wrong password alike. After 10 failures for an
    account, or 50 from an address, within 15 minutes: `rate_limited`.
    """
    shown = await services.members.sign_in(normal_email(body.email), body.password, client, clock.now())
    return await _begin_session(request, response, services, shown, client)


@router.delete("/session")
@public
async def sign_out(request: Request, response: Response, services: Services) -> Answer[Done]:
    """Sign out: the session ends, and the cookie is taken back. Without a session, nothing is left to do."""
    await _end_session(request, services)
    services.cookie.take_back(response)
    return Answer(data=Done())


@router.get("/me")
async def get_me(member: SignedIn, connection: Database) -> Answer[Me]:
    """Say who is signed in, and which projects they have a role in."""
    rows = await queries.list_pairs_of_member(connection, member.id, None, 0)
    projects = [ProjectOut.model_validate(dict(row)) for row in rows]
    return Answer(
        data=Me(member=MemberOut(id=member.id, email=member.email, name=member.name), projects=projects)
    )


async def _begin_session(
    request: Request, response: Response, services: ServicesOfApp, shown: Shown, client: str
) -> Answer[MemberOut]:
    """Open a session in the place of the one that the request may have brought."""
    await _end_session(request, services)
    device = Device(request.headers.get("user-agent"), client)
    async with services.pool.acquire(timeout=CONNECTION_SECONDS) as connection:
        token = await open_session(
            connection, services.secret, shown, clock.now(), services.settings.session_days, device
        )
    if token is None:
        raise invalid_credentials()
    services.cookie.give(response, token)
    member = shown.member
    return Answer(data=MemberOut(id=member.id, email=member.email, name=member.name))


async def _end_session(request: Request, services: ServicesOfApp) -> None:
    if token := services.cookie.read(request):
        async with services.pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            await close_session(connection, services.secret, token)
