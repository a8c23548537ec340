"""What the report of a month states. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from chalicelib.kernel.fields import Answer, Time, example
from chalicelib.provenance.mix import ColourBalance
from chalicelib.reports.disputes import DisputeCounts
from chalicelib.reports.pages.items import PreparingAnswer, ReportPage
from chalicelib.reports.times import Applications
from chalicelib.statistics.model import IssuedAnswer, Month

KIND = "report+jwt"
_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"


class MerchantSums(Answer):
    """What a merchant sold, gave back and was bought back. ``name`` and ``sub_platform`` are as of the report."""

    merchant: str
    name: str | None
    sub_platform: str | None
    orders: int
    redeemed_points: int
    refunded_points: int
    lots: int
    bought_back_points: int


class SubPlatformSums(Answer):
    """The same of all merchants beneath a sub-platform."""

    sub_platform: str
    merchants: int
    orders: int
    redeemed_points: int
    refunded_points: int
    lots: int
    bought_back_points: int


class Report(Answer):
    """A month, by the time of its Records (Asia/Shanghai).

    ``uncovered_grams``: all debts at its end. ``mix``: what it did to each colour of grams, by month. Of more than 1000
    merchants ``merchants`` is empty, and they are in ``pages``, each with its hash.
    """

    iss: str
    month: Month
    closed_at: Time
    made_at: Time
    records: int
    issued_grams: int
    reversed_grams: int
    issued: list[IssuedAnswer]
    redeemed_points: int
    refunded_points: int
    refunded_grams: int = 0  # earlier reports have none
    cancelled_points: int
    donated_points: int
    donation_refunds_points: int = 0  # earlier reports have none
    bought_back_points: int
    ex_officio_points: int
    ex_officio_grams: int
    retired_grams: int
    campaign_grams: int
    orders: int
    lots: int
    owed_grams: int
    repaid_grams: int
    uncovered_grams: int
    mix: list[ColourBalance]
    merchants_total: int = 0  # earlier reports do not say
    pages: list[ReportPage] = Field(default_factory=list)
    merchants: list[MerchantSums]
    sub_platforms: list[SubPlatformSums]
    applications: Applications
    disputes: DisputeCounts = Field(default_factory=DisputeCounts)  # earlier reports have none


class MerchantPageAnswer(Answer):
    """A page of a month's merchants, by id. The report has the SHA-256 of its bytes."""

    model_config = example(month="2026-01", page=1, merchants=[])

    month: Month
    page: int
    merchants: list[MerchantSums]


class ReportAnswer(Answer):
    """A report, and a JWS (ES256, by a key of `/.well-known/jwks.json`) whose payload is exactly this report."""

    model_config = example(
        report={
            "iss": "https://example.org",
            "month": "2026-01",
            "closed_at": "2026-02-01T16:00:00.000Z",
            "made_at": "2026-02-03T01:00:00.000Z",
            "records": 1204,
            "issued_grams": 8_870_000,
            "reversed_grams": 0,
            "issued": [
                {"scenario": "metro", "methodology": "SHCER-01", "issued_grams": 8_870_000, "reversed_grams": 0}
            ],
            "redeemed_points": 2_642_500,
            "refunded_points": 12_000,
            "refunded_grams": 0,
            "cancelled_points": 4400,
            "donated_points": 11_900,
            "donation_refunds_points": 0,
            "bought_back_points": 1_000_000,
            "ex_officio_points": 0,
            "ex_officio_grams": 0,
            "retired_grams": 400_000,
            "campaign_grams": 11_900,
            "orders": 410,
            "lots": 1,
            "owed_grams": 0,
            "repaid_grams": 0,
            "uncovered_grams": 0,
            "mix": [
                {
                    "month": "2026-01",
                    "scenario": "metro",
                    "methodology": "SHCER-01",
                    "opening_grams": 0,
                    "issued_grams": 8_870_000,
                    "reversed_grams": 0,
                    "used_grams": 416_300,
                    "closing_grams": 8_453_700,
                }
            ],
            "merchants_total": 0,
            "pages": [],
            "merchants": [],
            "sub_platforms": [],
            "applications": {"active": 1, "rejected": 0, "withdrawn": 0, "times": []},
            "disputes": {"opened": 3, "upheld": 1, "dismissed": 1, "withdrawn": 0, "resolved": 1},
        },
        jws="eyJhbGciOiJFUzI1NiJ9.eyJtb250aCI6IjIwMjYtMDEifQ.c2lnbmF0dXJl",
    )

    pending: ClassVar = PreparingAnswer  # the body of a 202

    report: Report
    jws: Annotated[str, Field(description="Compact JWS (RFC 7515)")]


class MadeAnswer(Answer):
    """What the Record of a report keeps: the hash (SHA-256, hexadecimal) of the signed text, and its parts."""

    month: str
    sha256: str
    parts: int


@dataclass(frozen=True)
class ReportPart:
    """A part of the signed text, compressed."""

    text: str


def by_sub_platform(merchants: Iterable[MerchantSums]) -> list[SubPlatformSums]:
    """The sums of the merchants beneath each sub-platform."""
    found: dict[str, list[MerchantSums]] = {}
    for each in merchants:
        if each.sub_platform:
            found.setdefault(each.sub_platform, []).append(each)
    names = ("orders", "redeemed_points", "refunded_points", "lots", "bought_back_points")
    return [
        SubPlatformSums(
            sub_platform=id,
            merchants=len(some),
            **{name: sum(getattr(each, name) for each in some) for name in names},
        )
        for id, some in sorted(found.items())
    ]


def merged(parts: Iterable[SubPlatformSums]) -> list[SubPlatformSums]:
    """Sums of the same sub-platforms together."""
    found: dict[str, Counter[str]] = {}
    for each in parts:
        found.setdefault(each.sub_platform, Counter()).update(each.model_dump(exclude={"sub_platform"}))
    return [SubPlatformSums(sub_platform=id, **dict(sums)) for id, sums in sorted(found.items())]


def answered(payload: bytes, jws: str) -> str:
    """The JSON of a ReportAnswer, to the byte as it was signed."""
    return '{"report":' + payload.decode() + ',"jws":"' + jws + '"}'
