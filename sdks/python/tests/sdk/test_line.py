"""Whatever comes and fails, in whatever order: every event of a line is settled once, in its order."""

import json
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from vibefollow import AuthError, BulkResult, RecordProblem, ServerError, VibeFollowError
from vibefollow._line import TIMES_SENT, Line, Outcomes, deliver

Outcome = str  # "accepted", "refused" (the first event of a request), "passing", "final"
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(["accepted", "refused", "passing", "final"])
STEPS = st.lists(
    st.one_of(
        st.integers(0, 40).map(lambda size: ("add", size)), st.sampled_from([("age", 0), ("flush", 0)])
    ),
    max_size=60,
)


@dataclass
class Story:
    """A line, what happened to it, and what it sent."""

    line: Line
    outcomes: Outcomes = field(default_factory=Outcomes)
    now: float = 0.0
    added: int = 0
    settled: list[int] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, size: int) -> None:
        event = json.dumps({"n": self.added, "x": "y" * size}, separators=(",", ":")).encode()
        self.added += 1
        self.line.add(event, self.now)

    def deliver(self, script: list[Outcome], *, everything: bool, final: bool = False) -> None:
        plan = deliver(self.line, self.outcomes, lambda: self.now, everything=everything, final=final)
        try:
            call = next(plan)
            while True:
                assert call.body.startswith(b'{"events":[')
                numbers = [event["n"] for event in json.loads(call.body)["events"]]
                self.sent.append((call.idempotency_key, call.body))
                outcome = self._outcome(script.pop() if script else "accepted", len(numbers))
                failures = self.line.head.failures if self.line.head else 0
                kept = isinstance(outcome, ServerError) and not final and failures + 1 < TIMES_SENT
                self.settled += [] if kept else numbers
                call = plan.send(outcome)
        except StopIteration:
            return

    @staticmethod
    def _outcome(kind: Outcome, size: int) -> BulkResult | VibeFollowError:
        if kind == "passing":
            return ServerError("away", status=503)
        if kind == "final":
            return AuthError("no", status=401)
        problems = (RecordProblem(0, "validation", "bad"),) if kind == "refused" else ()
        return BulkResult(size - len(problems), len(problems), size, problems)


@given(STEPS, st.lists(OUTCOMES, max_size=80), st.integers(1, 8), st.integers(30, 200))
def test_every_event_is_settled_once_and_in_order(
    steps: list[tuple[str, int]], script: list[Outcome], full_at: int, max_bytes: int
) -> None:
    story = Story(Line(full_at=full_at, at_once=full_at, max_age=5.0, max_bytes=max_bytes))
    for step, size in steps:
        if step == "add":
            story.add(size)
        story.now += 6.0 if step == "age" else 0.0
        if step != "add" or story.line.is_full():
            story.deliver(script, everything=step == "flush")
        assert len(story.line) == story.added - len(story.settled)
    story.deliver(script, everything=True, final=True)
    assert story.settled == list(range(story.added))
    assert len(story.line) == 0


@given(STEPS, st.lists(OUTCOMES, max_size=80), st.integers(1, 8), st.integers(30, 200))
def test_no_request_is_too_large_and_a_key_stands_for_the_same_bytes_for_ever(
    steps: list[tuple[str, int]], script: list[Outcome], full_at: int, max_bytes: int
) -> None:
    story = Story(Line(full_at=full_at, at_once=full_at, max_age=5.0, max_bytes=max_bytes))
    for step, size in steps:
        if step == "add":
            story.add(size)
        story.deliver(script, everything=step == "flush")
    story.deliver(script, everything=True, final=True)
    bodies: dict[str, bytes] = {}
    for key, body in story.sent:
        assert bodies.setdefault(key, body) == body
        events = json.loads(body)["events"]
        assert len(events) <= full_at
        assert len(body) <= max_bytes or len(events) == 1
    assert len(story.sent) <= TIMES_SENT * len(bodies)


@given(STEPS, st.lists(OUTCOMES, max_size=80))
def test_what_on_error_is_told_and_what_is_counted_is_everything_together(
    steps: list[tuple[str, int]], script: list[Outcome]
) -> None:
    story = Story(Line(full_at=3, at_once=3, max_age=5.0))
    for step, size in steps:
        if step == "add":
            story.add(size)
        story.deliver(script, everything=step == "flush")
    story.deliver(script, everything=True, final=True)
    result, reports = story.outcomes.take_result(), story.outcomes.take_reports()
    lost = [event for error, events in reports for event in events if error.status != 200]
    refused = [event for error, events in reports for event in events if error.status == 200]
    assert result.received + len(lost) == story.added
    assert result.rejected == len(refused) == len(result.errors)
    assert [problem.index for problem in result.errors] == [event["n"] for event in refused]  # type: ignore[typeddict-item]
