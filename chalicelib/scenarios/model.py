"""Publishing scenarios. Pure."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from chalicelib.kernel.fields import (
    Amount,
    Answer,
    Body,
    Moment,
    PositiveQuantity,
    ScenarioCode,
    ScenarioRef,
    ShortText,
    Time,
    Whole,
    example,
)
from chalicelib.kernel.text import TextType
from chalicelib.outside.redirects import RedirectUris
from chalicelib.scenarios.items import Scenario

Excluded = Annotated[
    list[ScenarioRef],
    Field(
        max_length=50,
        description="Published scenarios whose trips the same person cannot make at the same time, in both directions: "
        "one of the two need name the other. A scenario may name itself. What overlaps is an anomaly, never refused",
    ),
]
Pace = Annotated[
    PositiveQuantity,
    Field(
        description="The most units that an hour can plausibly hold: a trip begins at occurred_at and takes at least "
        "its quantity over this. null: a trip takes its moment only"
    ),
]
JointGrams = Annotated[
    Amount,
    Field(
        description="The most grams that a person can plausibly save a day (Asia/Shanghai) under this scenario and "
        "those that exclude it, together. More is an anomaly, never refused; null: no bound"
    ),
]


class NewScenario(Body):
    """A way of saving CO2 and its factor. Posting a code again makes a new version; old records keep theirs.

    The newest version governs from its ``valid_from`` on. Where it has ended, no older one comes back.
    """

    __qualname__ = "Scenario"  # the name that clients know
    model_config = ConfigDict(title=__qualname__) | example(
        code="metro",
        name="轨道交通出行",
        methodology="SHCER-2025-01",
        operator="metro-operator",
        unit="km",
        grams_per_unit="71",
        confirmation="automatic",
        daily_cap_grams=None,
        quantity_max="200",
        records_per_day_max=None,
        requires_grant=False,
        excludes=["shared-bicycle"],
        units_per_hour_max="80",
        joint_grams_per_day_max=20000,
        consent_redirects=["https://metro.example.com/consented"],
        valid_from="2026-01-01T00:00:00Z",
        valid_until=None,
    )

    code: ScenarioCode
    name: ShortText
    methodology: Annotated[
        ShortText, Field(description="The code of a published methodology that is in force; compared without case")
    ]
    operator: Annotated[
        str, Field(pattern=r"^[\x21-\x7e][\x20-\x7e]{0,254}$", description="The sub that may report under it")
    ]
    unit: Annotated[str, TextType(20)]
    grams_per_unit: PositiveQuantity
    confirmation: Literal["automatic", "manual"]
    daily_cap_grams: Amount | None = None
    quantity_max: Annotated[
        PositiveQuantity | None, Field(description="The most units that one record can plausibly hold; null: no bound")
    ] = None
    records_per_day_max: Annotated[
        Amount | None, Field(description="Records a person may have a day (Asia/Shanghai); null: no bound")
    ] = None
    requires_grant: Annotated[
        bool, Field(description="Whether a trip is reported under a person's grant only, never for an account")
    ] = False
    excludes: Excluded = Field(default_factory=list)
    units_per_hour_max: Pace | None = None
    joint_grams_per_day_max: JointGrams | None = None
    consent_redirects: RedirectUris = Field(default_factory=list)
    valid_from: Moment
    valid_until: Annotated[Moment | None, Field(description="Later than valid_from; null: no end")] = None


class ScenarioEnd(Body):
    """When a scenario ends, and why."""

    model_config = example(ends_at="2027-01-01T00:00:00+08:00", reason="线路停运")

    ends_at: Annotated[Moment, Field(description="Not in the past: a trip that was credited stays credited")]
    reason: ShortText


class ScenarioAnswer(Answer):
    """One version of a scenario."""

    __qualname__ = "ScenarioView"  # the name that clients know
    model_config = ConfigDict(title=__qualname__)

    code: str
    version: int
    name: str
    methodology: str
    operator: str
    unit: str
    grams_per_unit: str
    confirmation: Literal["automatic", "manual"]
    daily_cap_grams: int | None
    quantity_max: str | None = None
    records_per_day_max: int | None = None
    requires_grant: bool = False
    excludes: tuple[str, ...] = ()
    units_per_hour_max: str | None = None
    joint_grams_per_day_max: int | None = None
    consent_redirects: tuple[str, ...] = ()
    valid_from: Time
    valid_until: Time | None


class VersionAnswer(ScenarioAnswer):
    """One version of a scenario, when it was published and, where it ends the scenario, why."""

    __qualname__ = "ScenarioVersion"
    model_config = ConfigDict(title=__qualname__)

    published_at: Time
    reason: str | None


class VersionsAnswer(Whole):
    """Every version of a scenario, newest first."""

    __qualname__ = "ScenarioVersions"
    model_config = ConfigDict(title=__qualname__)

    items: list[VersionAnswer]


class ScenariosAnswer(Whole):
    """Every scenario in force."""

    items: list[ScenarioAnswer]


def to_answer(scenario: Scenario) -> ScenarioAnswer:
    return ScenarioAnswer.model_validate(scenario, from_attributes=True)


def to_version(scenario: Scenario) -> VersionAnswer:
    return VersionAnswer.model_validate(scenario, from_attributes=True)
