"""One made-up life with the product, from signing up to where the story ends."""

from datetime import datetime, timedelta
from random import Random

from .diary import Diary
from .people import Person
from .product import ONBOARDING, SOURCES, TRIAL_DAYS
from .subscription import Subscription
from .usage import use


def live(rng: Random, person: Person, signed_up_at: datetime, diary: Diary) -> None:
    """Tell of somebody who signs up, looks around, tries, and perhaps stays."""
    source = rng.choices(list(SOURCES), list(SOURCES.values()))[0]
    diary.note(signed_up_at, "user_signed_up", {"source": source})
    _get_started(rng, person, signed_up_at, diary)
    if rng.random() < 0.12:  # looks around, and never begins a trial
        use(rng, diary, person, signed_up_at, signed_up_at + timedelta(days=rng.uniform(1, 9)))
        return
    trial_at = signed_up_at + timedelta(minutes=rng.choice((1, 3, 12, 90, 1500)))
    interested_until = _try(rng, person, trial_at, diary)
    use(rng, diary, person, signed_up_at, interested_until)


def go_on(rng: Random, person: Person, since: datetime, diary: Diary) -> None:
    """Tell of somebody who has been a customer since long before the story begins."""
    ends_at = Subscription(rng, diary, person, before="trial").run(since)
    use(rng, diary, person, since, ends_at)


def _get_started(rng: Random, person: Person, at: datetime, diary: Diary) -> None:
    for step in ONBOARDING:
        if rng.random() > person.temperament.goes_on:
            if rng.random() < 0.4:
                diary.note(at + timedelta(minutes=5), "onboarding_step", {"step": step, "completed": False})
            return
        at += timedelta(minutes=rng.choice((2, 6, 15, 45, 400, 1600, 3100)), seconds=rng.randrange(60))
        diary.note(at, "onboarding_step", {"step": step})
        if step == "invite_team":
            _invite(rng, person, at, diary)


def _invite(rng: Random, person: Person, at: datetime, diary: Diary) -> None:
    for number in range(min(person.team_size - 1, rng.randint(1, 4))):
        at += timedelta(seconds=rng.randint(20, 90))
        host = person.company.replace(" ", "-").lower()
        diary.note(at, "user_invited", {"invitedEmail": f"colleague{number + 1}@{host}.example"})


def _try(rng: Random, person: Person, at: datetime, diary: Diary) -> datetime:
    """Tell of a trial and what comes of it; return until when the person is interested."""
    diary.note(at, "trial_started", {"trialDays": TRIAL_DAYS})
    ends_at = at + timedelta(days=TRIAL_DAYS)
    if rng.random() < person.temperament.buys:
        bought_at = ends_at - timedelta(days=rng.triangular(-3, 12, 1))
        if bought_at > ends_at - timedelta(days=3):
            _warn(diary, ends_at)
        return Subscription(rng, diary, person, before="trial").run(bought_at)
    _warn(diary, ends_at)
    if rng.random() < 0.05:  # asks for a second try
        again_at = ends_at + timedelta(days=rng.uniform(4, 40))
        diary.note(again_at, "trial_started", {"trialDays": TRIAL_DAYS // 2})
        return again_at + timedelta(days=rng.uniform(1, 7))
    return at + timedelta(days=rng.uniform(1, TRIAL_DAYS) * person.temperament.goes_on)


def _warn(diary: Diary, ends_at: datetime) -> None:
    diary.note(ends_at - timedelta(days=3), "trial_expiring", {"daysLeft": 3})
