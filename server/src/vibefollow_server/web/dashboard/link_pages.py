"""`GET /setup` and `GET /reset` for programs: what to do with a one-time link, as text.

Browsers get the dashboard's pages (`web/pages/`), where they are built; this is for a terminal.

Nothing is looked up and nothing changes: following a link, or a mail scanner's look at it, uses nothing up.
"""

import json
import re
import shlex
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from vibefollow_server.errors import refusal
from vibefollow_server.operate.address import base_url

from .access import GuardedRoute, public
from .services import Services
from .wire import PREFIX

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)

_TOKEN = re.compile("[0-9A-Za-z]{43,64}", re.ASCII)
_HOST = re.compile(r"[0-9A-Za-z.-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?", re.ASCII)

SETUP = """\
Vibefollow: this link makes you a member. It works once.

Put in your name, your e-mail address and a password of 10 characters or more, and run:

{command}

The file vibefollow.cookies then holds your session. Who you are, and your projects:

{after}
"""

RESET = """\
Vibefollow: this link sets a new password. It works once, and ends all your sessions.

Put in the new password, of 10 characters or more, and run:

{command}
"""


@router.get("/setup")
@public
async def show_setup(request: Request, services: Services, token: str = "") -> PlainTextResponse:
    """Say how to use a set-up or invite link."""
    fields = {"token": _checked(token), "name": "…", "email": "…", "password": "…"}
    address = _address(request, services.settings.base_url or "", base_url(services.settings))
    after = shlex.join(["curl", "-b", "vibefollow.cookies", f"{address}{PREFIX}/me"])
    return PlainTextResponse(SETUP.format(command=_post(f"{address}{PREFIX}/setup", fields), after=after))


@router.get("/reset")
@public
async def show_reset(request: Request, services: Services, token: str = "") -> PlainTextResponse:
    """Say how to use a password reset link."""
    fields = {"token": _checked(token), "password": "…"}
    address = _address(request, services.settings.base_url or "", base_url(services.settings))
    return PlainTextResponse(RESET.format(command=_post(f"{address}{PREFIX}/password-reset", fields)))


def _checked(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise refusal(404, "not_found", "This is no link of ours; copy it whole.")
    return token


def _address(request: Request, wanted: str, default: str) -> str:
    """Return where the API is reached: as set, or as this request has reached it."""
    host = request.headers.get("host", "")
    return wanted.rstrip("/") or (f"http://{host}" if _HOST.fullmatch(host) else default)


def _post(url: str, fields: Mapping[str, str]) -> str:
    body = json.dumps(fields, ensure_ascii=False)
    return (
        f"curl -X POST {shlex.quote(url)} -c vibefollow.cookies \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(body)}"
    )
