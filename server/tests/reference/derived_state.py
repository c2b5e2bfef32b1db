"""SPEC section 3's derived state once more, as plainly as it can be said, for the server to be compared with.

Nothing of the server is imported and nothing is remembered between two questions: each walks through the
whole story again. An event is a dict of `name`, `at`, `received`, `id` (or None), `digest` and `properties`;
an identify call one of `at` and `traits`. Calls are in the order in which they were applied.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

Json = dict[str, Any]
# What happened in the order in which it counts: ("event", when, the event) and ("time", when, None).
Story = list[tuple[str, datetime, Any]]

NAMES = [
    "user_signed_up",
    "trial_started",
    "onboarding_step",
    "feature_used",
    "subscription_changed",
    "payment_failed",
    "payment_succeeded",
    "subscription_cancelled",
    "trial_expiring",
    "user_invited",
    "usage_threshold_reached",
]
NOT_OF_THE_USER = [
    "subscription_changed",
    "payment_failed",
    "payment_succeeded",
    "subscription_cancelled",
    "trial_expiring",
]

# Copied from the specification, sign by sign.
STAGE_AFTER_EVENT = """
| | signed_up | trial_started | subscription_changed | payment_failed | payment_succeeded | cancelled |
| --- | --- | --- | --- | --- | --- | --- |
| `lead` (identified, nothing else) | signed_up | trial | active | – | – | cancelled |
| `signed_up` | – | trial | active | – | – | cancelled |
| `trial` | – | – (new end) | active | – | – | cancelled |
| `trial_ended` | – | trial | active | – | active | cancelled |
| `active` | – | – | – | past_due | – | cancelled |
| `past_due` | – | – | active | – | active | cancelled |
| `cancelled` | – | – | active | – | – | – |
| `churned` | signed_up | trial | active | – | – | – |
"""
CALENDAR_ENDS = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
COLUMNS = {"signed_up": "user_signed_up", "cancelled": "subscription_cancelled"}


def read_table() -> dict[tuple[str, str], str]:
    """Return the stage after an event by (stage before, name of the event), every cell of the table."""
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in STAGE_AFTER_EVENT.strip().split("\n")
    ]
    heads = [COLUMNS.get(head, head) for head in rows[0][1:]]
    table = {}
    for before, *cells in rows[2:]:
        stage = before.split("`")[1]
        for head, cell in zip(heads, cells, strict=True):
            table[stage, head] = stage if cell.startswith("–") else cell
    return table


TABLE = read_table()


def state_as_of(calls: list[Json], events: list[Json], instant: datetime, grace: timedelta) -> Json | None:
    """Return everything that is derived of a user at an instant; None of who is not identified yet."""
    calls = [call for call in calls if call["at"] <= instant]
    if not calls:
        return None
    events = sorted(
        (event for event in events if event["at"] <= instant and event["received"] <= instant), key=place
    )
    story = tell(events, instant, grace)
    return {
        "stage": stage_of(story),
        "history": history_of(story, min([call["at"] for call in calls] + [event["at"] for event in events])),
        "plan": plan_of(calls, events),
        "billing_interval": last_said(events, "subscription_changed", "interval"),
        "mrr_cents": mrr_of(story),
        "trial_ends_at": trial_end_of(events),
        "access_ends_at": access_end_of(story, grace),
        "signed_up_at": sign_up_of(calls, events),
        "first_seen_at": min([call["at"] for call in calls] + [event["at"] for event in events]),
        "last_seen_at": max((e["at"] for e in events if e["name"] not in NOT_OF_THE_USER), default=None),
        "names": {name: occurrences(events, name) for name in {event["name"] for event in events}},
        "features": features_of([event for event in events if event["name"] == "feature_used"]),
        "steps": steps_of([event for event in events if event["name"] == "onboarding_step"]),
        "next_time_alone_at": turning_point(story, grace),
    }


def place(event: Json) -> tuple[datetime, int, str]:
    rank = NAMES.index(event["name"]) if event["name"] in NAMES else len(NAMES)
    return event["at"], rank, event["id"] or event["digest"]


def said(event: Json, key: str) -> Any:
    """A property in any spelling: snake_case before all others, of those the last in the alphabet."""
    snake = "".join("_" + sign.lower() if sign.isupper() else sign for sign in key)
    pascal = key[0].upper() + key[1:]
    for spelling in (snake, key, pascal):
        if spelling in event["properties"]:
            return event["properties"][spelling]
    return None


def tell(events: list[Json], instant: datetime, grace: timedelta) -> Story:
    """Put what time alone does between the events: before everything that happens at its instant."""
    story: Story = []
    for event in events:
        turn = turning_point(story, grace)
        if turn is not None and turn <= event["at"]:
            story.append(("time", turn, None))
        story.append(("event", event["at"], event))
    turn = turning_point(story, grace)
    if turn is not None and turn <= instant:
        story.append(("time", turn, None))
    return story


def turning_point(story: Story, grace: timedelta) -> datetime | None:
    stage = stage_of(story)
    if stage == "trial":
        end = trial_end_of([event for kind, _, event in story if kind == "event"])
    elif stage == "cancelled":
        end = access_end_of(story, grace)
    else:
        return None
    if end is None:
        return None
    # An end in the past comes about with the event that tells of it, one of those that matter to stages.
    told = [at for kind, at, event in story if kind == "event" and matters(event)]
    return max(end, told[-1])


def matters(event: Json) -> bool:
    return event["name"] == "trial_expiring" or any(event["name"] == column for _, column in TABLE)


def stages(story: Story) -> list[str]:
    """The stage before everything, and after each thing that happened."""
    stage, found = "lead", ["lead"]
    for kind, _, event in story:
        if kind == "time":
            stage = {"trial": "trial_ended", "cancelled": "churned"}[stage]
        else:
            stage = TABLE.get((stage, event["name"]), stage)
        found.append(stage)
    return found


def stage_of(story: Story) -> str:
    return stages(story)[-1]


def history_of(story: Story, first_seen: datetime) -> list[Any]:
    found = stages(story)
    history = [
        (at, after, event["digest"] if event else None)
        for (_, at, event), before, after in zip(story, found, found[1:], strict=False)
        if before != after
    ]
    return history if history and history[0][0] == first_seen else [(first_seen, "lead", None), *history]


def plan_of(calls: list[Json], events: list[Json]) -> str | None:
    by_trait = [(call["at"], 0, call["traits"]["plan"]) for call in calls if "plan" in call["traits"]][-1:]
    by_event = [(e["at"], 1, said(e, "to")) for e in events if e["name"] == "subscription_changed"][-1:]
    latest = sorted(by_trait + by_event, key=lambda word: word[:2])
    plan: str | None = latest[-1][2] if latest else None
    return plan


def last_said(events: list[Json], name: str, key: str) -> Any:
    words = [said(e, key) for e in events if e["name"] == name]
    return ([None] + [word for word in words if word is not None])[-1]


def mrr_of(story: Story) -> int | None:
    """What was said last, unless the user has churned since."""
    mrr = None
    for index, (kind, _, event) in enumerate(story):
        if kind == "time" and stage_of(story[: index + 1]) == "churned":
            mrr = 0
        elif kind == "event" and event["name"] == "subscription_changed" and said(event, "mrr") is not None:
            mrr = round(said(event, "mrr"))
    return mrr


def trial_end_of(events: list[Json]) -> datetime | None:
    if not events:
        return None
    *before, last = events
    if last["name"] == "trial_expiring":
        return later(last["at"], said(last, "daysLeft"))
    if last["name"] == "trial_started":
        if said(last, "trialDays") is not None:
            return later(last["at"], said(last, "trialDays"))
        end = trial_end_of(before)
        return end if end is not None and end > last["at"] else None
    return trial_end_of(before)


def later(at: datetime, days: float) -> datetime:
    if abs(days) > 10**6:
        return CALENDAR_ENDS[days > 0]
    return at + days * timedelta(days=1)


def access_end_of(story: Story, grace: timedelta) -> datetime | None:
    """As the last cancellation says that says anything, since the user left; else a while after the first."""
    found = stages(story)
    if found[-1] not in ("cancelled", "churned"):
        return None
    left = max(i for i in range(len(story)) if found[i] != "cancelled" and found[i + 1] == "cancelled")
    cancellations = [
        event
        for index, (kind, _, event) in enumerate(story)
        if index >= left and kind == "event" and event["name"] == "subscription_cancelled"
        and found[index] != "churned"
    ]  # fmt: skip
    words = [said(event, "effectiveAt") for event in cancellations if said(event, "effectiveAt")]
    return moment(words[-1]) if words else cancellations[0]["at"] + grace


def sign_up_of(calls: list[Json], events: list[Json]) -> datetime | None:
    traits = [call["traits"]["signup_date"] for call in calls if "signup_date" in call["traits"]]
    if traits and traits[-1] is not None:
        return moment(traits[-1])
    return min((event["at"] for event in events if event["name"] == "user_signed_up"), default=None)


def moment(text: str) -> datetime:
    if "T" in text:
        return datetime.fromisoformat(text).astimezone(UTC)
    return datetime.combine(date.fromisoformat(text), time(), UTC)


def occurrences(events: list[Json], name: str) -> Any:
    times = [event["at"] for event in events if event["name"] == name]
    return len(times), min(times), max(times)


def features_of(events: list[Json]) -> Json:
    found = {}
    for feature in {said(event, "feature") for event in events}:
        uses = [(e["at"], 1 if said(e, "count") is None else said(e, "count")) for e in events
                if said(e, "feature") == feature]  # fmt: skip
        times = [at for at, count in uses if count > 0]
        found[feature] = (
            round(sum(count for _, count in uses)),
            min(times, default=None),
            max(times, default=None),
        )
    return found


def steps_of(events: list[Json]) -> Json:
    found = {}
    for step in {said(event, "step") for event in events}:
        mine = [event for event in events if said(event, "step") == step]
        done = [event["at"] for event in mine if said(event, "completed") is not False]
        reached = min(event["at"] for event in mine)
        found[step] = (reached, min(done, default=None), max(done, default=None))
    return found
