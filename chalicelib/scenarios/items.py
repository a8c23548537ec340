"""What is kept of methodologies and scenarios. Pure."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Methodology:
    """One version of a methodology. A version never changes."""

    code: str
    version: int
    title: str
    kind: Literal["project", "scenario"]
    document_sha256: str
    valid_from: str
    valid_until: str | None = None
    published_at: str

    @property
    def ends(self) -> str | None:
        return self.valid_until


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One version of a scenario. A version never changes. ``reason``: why the scenario was ended, with this version.

    ``excludes``: codes of scenarios whose trips the same person cannot make at the same time, meant in both directions.
    ``consent_redirects``: where codes of consent to report may go. ``methodology_until``: when its methodology ends;
    versions from before 2026-11-28 do not know it.
    """

    code: str
    version: int
    name: str
    methodology: str
    operator: str
    unit: str
    grams_per_unit: str
    confirmation: Literal["automatic", "manual"]
    daily_cap_grams: int | None = None
    quantity_max: str | None = None
    records_per_day_max: int | None = None
    requires_grant: bool = False
    excludes: tuple[str, ...] = ()
    units_per_hour_max: str | None = None
    joint_grams_per_day_max: int | None = None
    valid_from: str
    valid_until: str | None = None
    methodology_until: str | None = None
    consent_redirects: tuple[str, ...] = ()
    published_at: str
    reason: str | None = None

    @property
    def ends(self) -> str | None:
        """When it is in force no more: by itself, or with its methodology."""
        return min((each for each in (self.valid_until, self.methodology_until) if each), default=None)

    @property
    def counts_by_day(self) -> bool:
        """Whether a person's records of a day are bounded."""
        return self.daily_cap_grams is not None or self.records_per_day_max is not None
