"""Who the made-up users are. Names are put together by chance; addresses end in .example (RFC 2606)."""

from dataclasses import dataclass
from random import Random
from typing import Any

GIVEN = (
    "Ada", "Bela", "Chiara", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Liv",
    "Mateo", "Nora", "Omar", "Paula", "Quirin", "Rosa", "Samir", "Tilda", "Uma", "Viktor", "Wanda",
    "Yusuf", "Zoe",
)  # fmt: skip
FAMILY = (
    "Albers", "Brandt", "Costa", "Dvorak", "Eriksen", "Fontaine", "Garcia", "Hansen", "Ito", "Jansen",
    "Kowal", "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Silva", "Tanaka",
    "Ueda", "Varga", "Weber", "Yilmaz", "Zimmer",
)  # fmt: skip
COMPANY_FIRST = (
    "Amber",
    "Birch",
    "Copper",
    "Dune",
    "Ember",
    "Fjord",
    "Granite",
    "Harbour",
    "Indigo",
    "Juniper",
)
COMPANY_LAST = (
    "Works",
    "Studio",
    "Analytics",
    "Foods",
    "Logistics",
    "Health",
    "Media",
    "Partners",
    "Labs",
    "Goods",
)
ROLES = ("founder", "analyst", "marketing", "engineer", "operations", "finance")
INDUSTRIES = ("retail", "software", "health", "logistics", "education", "agency")
# Time zone, locale, and how many of 100 live there.
PLACES = (
    ("Europe/Berlin", "de-DE", 24),
    ("Europe/London", "en-GB", 16),
    ("America/New_York", "en-US", 22),
    ("America/Los_Angeles", "en-US", 12),
    ("America/Sao_Paulo", "pt-BR", 9),
    ("Asia/Kolkata", "en-IN", 9),
    ("Asia/Tokyo", "ja-JP", 5),
    ("Australia/Sydney", "en-AU", 3),
)


@dataclass(frozen=True, slots=True)
class Temperament:
    """How somebody takes to the product.

    `sessions_a_week` while interested; `goes_on`: chance of the next onboarding step; `buys`: chance of
    subscribing after the trial; `leaves`: chance of cancelling, each month; `chosen`: how many of 100 are so.
    """

    name: str
    sessions_a_week: float
    goes_on: float
    buys: float
    leaves: float
    chosen: int


TEMPERAMENTS = (
    Temperament("champion", 4.5, 0.97, 0.75, 0.02, 14),
    Temperament("steady", 2.4, 0.88, 0.42, 0.06, 30),
    Temperament("curious", 1.2, 0.66, 0.12, 0.15, 31),
    Temperament("passing", 0.4, 0.35, 0.02, 0.30, 25),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up user. `email` is missing for some, and shared by a few: as it is in real life."""

    external_user_id: str
    name: str
    email: str | None
    company: str
    role: str
    industry: str
    team_size: int
    timezone: str
    locale: str
    temperament: Temperament

    def traits(self) -> dict[str, Any]:
        """Return what an identify call says of them."""
        return {
            "name": self.name,
            "company": self.company,
            "role": self.role,
            "timezone": self.timezone,
            "locale": self.locale,
            "industry": self.industry,
            "teamSize": self.team_size,
        }


def make_person(seed: int, number: int) -> Person:
    """Return the person of a number; the same seed and number are the same person, always."""
    rng = Random(f"{seed}/person/{number}")  # noqa: S311 - made-up people need no secrets
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    company = f"{rng.choice(COMPANY_FIRST)} {rng.choice(COMPANY_LAST)}"
    zone, locale, _ = rng.choices(PLACES, [place[-1] for place in PLACES])[0]
    return Person(
        external_user_id=f"user_{number:05}",
        name=f"{given} {family}",
        email=_address(rng, seed, number, given, family, company),
        company=company,
        role=rng.choice(ROLES),
        industry=rng.choice(INDUSTRIES),
        team_size=rng.choice((1, 1, 2, 3, 5, 8, 12, 25, 60)),
        timezone=zone,
        locale=locale,
        temperament=rng.choices(TEMPERAMENTS, [each.chosen for each in TEMPERAMENTS])[0],
    )


def _address(rng: Random, seed: int, number: int, given: str, family: str, company: str) -> str | None:
    chance = rng.random()
    if chance < 0.03:
        return None
    if chance < 0.036 and number:
        return make_person(seed, number - 1).email
    return f"{given}.{family}{number}@{company.replace(' ', '-')}.example".lower()
