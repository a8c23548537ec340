"""A month of a sub-platform: sums by member."""

from collections.abc import Iterator
from typing import Any

from chalicelib.accounts.statements.sheet import table
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.members import Membership
from chalicelib.platforms.model import MemberSums, MonthParams, PlatformReport
from chalicelib.platforms.queries import visible
from chalicelib.provenance.closing import closed, closes_at
from chalicelib.statistics import model as statistics
from chalicelib.statistics import queries as sums
from chalicelib.statistics.model import Turnover
from chalicelib.table import keys, read

SUMMED = ("orders", "redeemed_points", "refunded_points", "lots", "bought_back_points")
COLUMNS = ("month", "merchant", "name", *SUMMED)


def report(query: Query[MonthParams], id: str) -> PlatformReport:
    """The sums of a closed month, of whoever was a member in it. Raises NotFound, MonthNotClosed."""
    sub_platform, month = visible(query.asker, id), query.params.month
    closed(month, query.now)
    members = [each.merchant for each in merchants.memberships(sub_platform) if _within(each, month)]
    found = {each.merchant: each for each in sums.turnover_of(month, members)}
    accounts = read.many([keys.account(keys.holder(each)) for each in members], Account) if members else {}
    names = {account.id: account.name for account in accounts.values()}
    listed = [_sums(found.get(each) or Turnover(merchant=each), names[each]) for each in members]
    totals = {name: sum(getattr(each, name) for each in listed) for name in SUMMED}
    return PlatformReport(
        sub_platform=sub_platform, month=month, closed_at=stamp(closes_at(month)), members=listed, **totals
    )


def _within(member: Membership, month: str) -> bool:
    """Whether it was a member at any time of the month."""
    first, end = stamp(statistics.begins(month)), stamp(statistics.ends(month))
    return member.since < end and (member.until is None or member.until > first)


def _sums(turnover: Turnover, name: str) -> MemberSums:
    return MemberSums(**vars(turnover), name=name)


def written(report: PlatformReport) -> str:
    """CSV (RFC 4180) with a byte order mark, one line a member."""
    return table(COLUMNS, _rows(report))


def _rows(report: PlatformReport) -> Iterator[dict[str, Any]]:
    for each in report.members:
        yield {"month": report.month} | each.model_dump()
