"""The made-up product whose users the demo tells of: a tool for reports, sold by subscription."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

TRIAL_DAYS = 14
ONBOARDING = ("create_workspace", "connect_source", "build_first_report", "invite_team")
SOURCES = {"search": 34, "friend": 22, "newsletter": 15, "podcast": 9, "comparison_site": 12, "conference": 8}


class Plan(NamedTuple):
    """What a plan costs a month, in cents, paid by the month or by the year; how many of 100 choose it."""

    name: str
    monthly: int
    yearly: int
    chosen: int


PLANS = (
    Plan("starter", 1_900, 1_500, 55),
    Plan("team", 4_900, 3_900, 33),
    Plan("business", 12_900, 9_900, 12),
)

# How much of all use falls to each, and how often one use counts for several.
FEATURES = {"reports": 40, "dashboards": 28, "exports": 12, "alerts": 9, "shared_links": 7, "api": 4}
# What people do that no table knows: custom events, with properties to choose from.
CUSTOM: Mapping[str, Mapping[str, Sequence[object]]] = {
    "report_shared": {"channel": ("link", "e-mail", "slide"), "pages": (1, 2, 3, 5, 8)},
    "template_opened": {"template": ("sales", "retention", "finance", "support")},
    "help_article_read": {"topic": ("import", "sharing", "billing", "permissions")},
    "comment_written": {"length": (12, 40, 85, 210)},
}
CANCEL_REASONS = ("too_expensive", "missing_feature", "not_used_enough", "project_ended", "switched")
