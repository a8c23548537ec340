"""Grants as they are kept. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR, Caller
from chalicelib.transitions import Step

_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991

REPORT, SPEND = "report", "spend"
NEVER = "9999"  # sorts behind every time
Purpose = Literal["report", "spend"]
Status = Literal["offered", "active", "withdrawn", "expired"]
PARTIES = (INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR)

STEPS = (
    Step("offered", "withdraw", "withdrawn", (INDIVIDUAL,)),
    Step("active", "withdraw", "withdrawn", PARTIES),
)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A person's consent. ``account`` is hers, and no partner ever learns it.

    ``partner``: of ``report`` the sub of the operator, of ``spend`` the account of the merchant. ``status`` is as last
    written: see ``standing``. Times are stamps. ``used_points`` were held on ``day`` (Asia/Shanghai).
    ``person``: the id by which caps count her, of ``report`` only. It never changes, so a report reads no account.
    """

    id: str
    purpose: Purpose
    status: Literal["offered", "active", "withdrawn"]
    account: str
    partner: str
    code_challenge: str
    offered_at: str
    code_expires_at: str
    person: str | None = None
    scenario: str | None = None
    points_max_order: int | None = None
    points_max_day: int | None = None
    expires_at: str | None = None
    active_from: str | None = None
    reference: str | None = None
    withdrawn_at: str | None = None
    withdrawn_by: str | None = None
    day: str | None = None
    used_points: int = 0

    def standing(self, at: str) -> Status:
        """Its state at the time ``at``: nothing writes that a code or a consent has expired."""
        ends = {"offered": self.code_expires_at, "active": self.expires_at}.get(self.status)
        return "expired" if ends and ends <= at else self.status

    def used_on(self, day: str) -> int:
        """Points that were held under it on ``day``."""
        return self.used_points if self.day == day else 0

    def is_for(self, caller: Caller) -> bool:
        """Whether the caller is the partner."""
        if self.purpose == SPEND:
            return caller.holds(INSTITUTION, self.partner)
        return caller == Caller(self.partner, SCENARIO_OPERATOR)


@dataclass(frozen=True)
class Granting:
    """The latest grant of a person for a partner and a purpose. It blocks another ``until`` then."""

    grant: str
    until: str


@dataclass(frozen=True)
class Granted:
    """A pointer to a grant."""

    grant: str


@dataclass(frozen=True)
class Version:
    """A version of a scenario, as far as it names who operates it, when, and where codes of consent may be sent."""

    code: str
    operator: str
    valid_from: str
    valid_until: str | None = None
    methodology_until: str | None = None
    consent_redirects: tuple[str, ...] = ()


def day(moment: datetime) -> str:
    """The calendar day in Shanghai, by which a day's limit counts."""
    return moment.astimezone(UTC).astimezone(_SHANGHAI).strftime("%Y%m%d")
