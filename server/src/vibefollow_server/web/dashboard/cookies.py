"""The session cookie (RFC 6265bis): out of reach for scripts, other sites' requests and plain HTTP."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from vibefollow_server.settings import Settings

NAME = "vibefollow_session"
SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """How the cookie is called and kept. Over HTTPS its name has the prefix `__Host-`: browsers then refuse
    one that was set over plain HTTP or by a neighbouring domain."""

    secure: bool
    max_age: int

    @classmethod
    def of(cls, settings: Settings) -> "SessionCookie":
        """Return the cookie of an installation; secure where `base_url` is HTTPS."""
        secure = (settings.base_url or "").lower().startswith("https://")
        return cls(secure, settings.session_days * SECONDS_A_DAY)

    @property
    def name(self) -> str:
        """The cookie's name."""
        return f"__Host-{NAME}" if self.secure else NAME

    def read(self, request: Request) -> str | None:
        """Return the token that a request brings."""
        return request.cookies.get(self.name)

    def give(self, response: Response, token: str) -> None:
        """Let the browser keep the token for another `session_days`."""
        response.set_cookie(
            self.name, token, self.max_age, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def take_back(self, response: Response) -> None:
        """Let the browser forget the token."""
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="lax")
