"""Projects, keys and members as they go over the wire."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from vibefollow_server.ingest.email_address import is_deliverable
from vibefollow_server.ingest.limits import MAX_EMAIL_LENGTH
from vibefollow_server.ingest.rate_limits import DEFAULT_RATES
from vibefollow_server.models import Text
from vibefollow_server.web.dashboard.wire import Body, Moment

from .limits import BACKFILL_QUEUE, HIGHEST_RATE, LARGEST_QUEUE, Limit
from .links import normal_email
from .passwords import LONGEST
from .queries import RetentionChange
from .roles import Role
from .service import LONGEST_GRACE_PERIOD_DAYS, LONGEST_NAME, LONGEST_RETENTION_DAYS


def _deliverable(address: str) -> str:
    if not is_deliverable(address):
        raise ValueError("must be an e-mail address")
    return normal_email(address)


def _one_line(name: str) -> str:
    if not name.isprintable():
        raise ValueError("must be one line of printable characters")
    return name


RETENTION = "For how many days events are kept: one that is older when it arrives goes to quarantine."
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME),
    AfterValidator(_one_line),
]
Email = Annotated[Text, StringConstraints(strip_whitespace=True), AfterValidator(_deliverable)]
# How long a new one must be is said by `passwords`, with the other demands on it.
Password = Annotated[Text, Field(max_length=LONGEST, json_schema_extra={"format": "password"})]
Token = Annotated[Text, Field(max_length=200, description="The `token` of a one-time link.")]


class AcceptLink(Body):
    """Who follows a set-up or invite link. A member already: with their own password."""

    token: Token
    name: Name
    email: Email
    password: Password


class ResetPassword(Body):
    """A new password, by a reset link."""

    token: Token
    password: Password


class SignIn(Body):
    """Who signs in."""

    email: Annotated[Text, Field(max_length=MAX_EMAIL_LENGTH)]
    password: Password


class NewProject(Body):
    """A project to make."""

    name: Name


GracePeriod = Annotated[
    int,
    Field(
        ge=0,
        le=LONGEST_GRACE_PERIOD_DAYS,
        description="For so long access goes on after a cancellation that does not say when it ends; for past"
        " cancellations too.",
    ),
]


class ProjectChange(Body):
    """What to change of both environments; what is absent stays. Of name and timezone, null stays, too."""

    name: Name | None = None
    timezone: Annotated[Text, Field(max_length=100, examples=["Europe/Berlin"])] | None = None
    grace_period_days: GracePeriod | None = None
    retention_days: Annotated[
        int | None, Field(ge=1, le=LONGEST_RETENTION_DAYS, description=f"{RETENTION} null: for ever.")
    ] = None

    def retention(self) -> RetentionChange:
        """Return what to change of the retention."""
        return RetentionChange("retention_days" in self.model_fields_set, self.retention_days)


Rate = Annotated[
    float,
    Field(
        description="Requests a second; bursts of twice that are let through. 0 is no limit.",
        json_schema_extra={"minimum": 0, "maximum": HIGHEST_RATE},
    ),
]
QueueLimit = Annotated[
    int,
    Field(
        description="So many records may wait before bulk requests are refused. 0 is no limit.",
        json_schema_extra={"minimum": 0, "maximum": LARGEST_QUEUE},
    ),
]


class LimitsChange(Body):
    """What to change of one environment's limits. What is absent stays, null is back to the default."""

    rates: Annotated[
        dict[Text, Rate | None],
        Field(
            default_factory=dict,
            description="By endpoint.",
            json_schema_extra={"propertyNames": {"enum": list(DEFAULT_RATES)}},
            examples=[{"events": 5000, "events/bulk": None}],
        ),
    ]
    backfill_queue: QueueLimit | None = None

    def changes(self) -> dict[str, float | None]:
        """Return the changes by the names of limits."""
        queue = {BACKFILL_QUEUE: self.backfill_queue} if "backfill_queue" in self.model_fields_set else {}
        return self.rates | queue


class RateLimitOut(BaseModel):
    """How many requests an endpoint lets through."""

    per_second: Rate
    default: float
    is_default: bool


class BackfillQueueOut(BaseModel):
    """How much may wait to be processed, and how much does."""

    limit: QueueLimit
    default: int
    is_default: bool
    waiting: int = Field(description="Records that are accepted and not processed yet.")


class LimitsOut(BaseModel):
    """The limits of one environment."""

    rates: dict[str, RateLimitOut] = Field(description="By endpoint of the ingest API.")
    backfill_queue: BackfillQueueOut

    @classmethod
    def of(cls, limits: list[Limit], waiting: int) -> Self:
        """Return the limits of an environment of which so many records wait."""
        rates = {
            one.name: RateLimitOut(per_second=one.value, default=one.default, is_default=one.is_default)
            for one in limits
            if one.is_rate
        }
        (queue,) = (one for one in limits if not one.is_rate)
        return cls(
            rates=rates,
            backfill_queue=BackfillQueueOut(
                limit=int(queue.value),
                default=int(queue.default),
                is_default=queue.is_default,
                waiting=waiting,
            ),
        )


class NewKey(Body):
    """A key to make."""

    name: Name


class MemberOut(BaseModel):
    """A person who signs in."""

    id: UUID
    email: str
    name: str


class ProjectOut(BaseModel):
    """A project, and the signed-in member's role in it. Data is kept by environment: live or test."""

    name: str
    timezone: str
    grace_period_days: int
    retention_days: int | None = Field(description=f"{RETENTION} null: for ever.")
    role: Role
    created_at: Moment
    live_project_id: UUID
    test_project_id: UUID


class Me(BaseModel):
    """The signed-in member, and the projects that they have a role in, oldest first."""

    member: MemberOut
    projects: list[ProjectOut]


class AccountChange(Body):
    """What to change of one's own account."""

    name: Name


class PasswordChange(Body):
    """The present password, and the one to take its place."""

    current_password: Password
    new_password: Password


class SessionOut(BaseModel):
    """Where the member is signed in."""

    id: UUID
    created_at: Moment
    last_used_at: Moment = Field(description="Noted once an hour.")
    expires_at: Moment
    user_agent: str | None = Field(description="What the browser called itself at sign-in.")
    address: str | None = Field(description="The network address at sign-in.")
    is_current: bool = Field(description="It is the session of this very request.")


class SessionsEnded(BaseModel):
    """How many sessions have ended."""

    ended: int


class TeamMemberOut(MemberOut):
    """Somebody with a role in the project."""

    role: Role
    member_since: Moment
    last_seen_at: Moment | None = Field(description="By open sessions, within an hour; null without any.")


class RoleChange(Body):
    """The role that a member is to have."""

    role: Role


class NewInvitation(Body):
    """Whom to invite: whoever has the link, or the one with that address."""

    role: Role
    email: Email | None = None


class InvitationOut(BaseModel):
    """An invitation that can still be accepted."""

    id: UUID
    role: Role
    email: str | None = Field(description="Only this address may accept it; null: whoever has the link.")
    created_at: Moment
    expires_at: Moment
    invited_by: str | None = Field(description="The name of the member; null where the command line did.")


class CreatedInvitation(InvitationOut):
    """An invitation that was just made: the token is shown this once."""

    token: str
    path: str = Field(description="The link, to be opened at the dashboard's own address.")


class KeyOut(BaseModel):
    """An API key. The key itself was shown when it was made; `hint` is its beginning and its end."""

    id: UUID
    name: str
    hint: str
    created_at: Moment
    last_used_at: Moment | None
    revoked_at: Moment | None


class CreatedKey(KeyOut):
    """A key that was just made: `key` is shown this once."""

    key: str


class Done(BaseModel):
    """It is done."""

    done: bool = True
