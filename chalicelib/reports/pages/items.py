"""Pages of a report's merchants, and how far their making is. Pure."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.kernel.fields import Answer, PageNumber, Params, Time, example
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing

MERCHANTS_MAX = 1000  # of one page, and in the report itself: about 250 KB of JSON
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"  # of ids (base32), as they sort
_DIGITS = 3


@dataclass(frozen=True, kw_only=True)
class MerchantPage:
    """One page: the answer's text (compressed), its SHA-256, and the last merchant in it. ``sums``: of the merchants
    beneath each sub-platform, as JSON.
    """

    text: str
    sha256: str
    merchants: int
    after: str
    sums: str
    last: bool


@dataclass(frozen=True, kw_only=True)
class Preparing:
    """How far the pages of a month are: those that are made, and the sums of them together."""

    month: str
    since: str
    hashes: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    after: str = "!"
    sums: str = "[]"
    done: bool = False

    @property
    def key(self) -> keys.Key:
        return keys.report_preparing(self.month)

    @property
    def place(self) -> Listing | None:
        """It is listed until all pages are made."""
        return None if self.done else Listing(lists.REPORTS_PREPARING, f"{self.since}:{self.month}")

    def with_page(self, page: MerchantPage, sums: str) -> "Preparing":
        """One page further."""
        return replace(
            self,
            hashes=(*self.hashes, page.sha256),
            counts=(*self.counts, page.merchants),
            after=page.after,
            sums=sums,
            done=page.last,
        )

    @property
    def percent(self) -> int:
        """How far the pages have come through the ids of accounts, which are spread evenly."""
        place = 0
        for letter in self.after.ljust(_DIGITS, "!")[:_DIGITS]:
            place = place * len(_LETTERS) + max(0, _LETTERS.find(letter))
        return 100 if self.done else place * 100 // len(_LETTERS) ** _DIGITS


class MerchantPageParams(Params):
    """``page``: its number in the report, from 1."""

    page: PageNumber = 1


class PreparingAnswer(Answer):
    """The report is being made; ask again in half a minute. ``percent`` of its merchants are in pages by now."""

    model_config = example(
        month="2026-01", status="preparing", since="2026-02-03T01:00:00.000Z", merchants=12_000, pages=12, percent=40
    )

    month: str
    status: Literal["preparing"] = "preparing"
    since: Time
    merchants: int
    pages: int
    percent: int


class ReportPage(Answer):
    """A page of merchants: `GET /v1/reports/{month}/merchants?page=`. ``sha256`` is that of the answer's bytes."""

    page: int
    merchants: int
    sha256: Annotated[str, Field(description="Of the page's JSON, hexadecimal")]


def to_answer(job: Preparing) -> PreparingAnswer:
    return PreparingAnswer(
        month=job.month, since=job.since, merchants=sum(job.counts), pages=len(job.counts), percent=job.percent
    )


def listed(job: Preparing) -> list[ReportPage]:
    """The pages, as the report names them."""
    pages = enumerate(zip(job.counts, job.hashes, strict=True), start=1)
    return [ReportPage(page=number, merchants=count, sha256=sha256) for number, (count, sha256) in pages]
