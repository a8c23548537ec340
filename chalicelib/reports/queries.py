"""What a month's report is made of, and the report as it was made."""

import base64
import gzip
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from chalicelib.disputes.items import OFFICIALS
from chalicelib.errors import NotFound
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
from chalicelib.provenance import mix, worker
from chalicelib.provenance.closing import closed, closes_at
from chalicelib.provenance.mix import ColourBalance
from chalicelib.reports import model
from chalicelib.reports.disputes import DisputeCounts
from chalicelib.reports.model import MadeAnswer, MerchantSums, Report, ReportPart, SubPlatformSums
from chalicelib.reports.pages.items import MERCHANTS_MAX, ReportPage
from chalicelib.reports.times import Applications, Stay, stays, times
from chalicelib.settings import settings
from chalicelib.signing.jws import payload
from chalicelib.statistics import model as statistics
from chalicelib.statistics import queries as sums
from chalicelib.statistics.model import IssuedAnswer, Sums, Turnover
from chalicelib.table import keys, lists, read

DECIDED = ("active", "rejected", "withdrawn")
FIRST = "2000-01"  # before the scheme
_SUMMED = set(Report.model_fields) & set(statistics.SUMS)


def record_id(month: str) -> str:
    """The Record of a month's report."""
    return keys.digest("report", month)


def made(month: str) -> str | None:
    """The signed text (JWS) of the month's report; None where it is not made yet."""
    record = read.get(keys.record(record_id(month)), Record)
    if record is None:
        return None
    count = MadeAnswer.model_validate_json(record.answer).parts
    places = [keys.report_part(month, number) for number in range(count)]
    parts = read.many(places, ReportPart)
    return unpacked("".join(parts[place].text for place in places))


def packed(jws: str) -> str:
    """A text that is small enough to keep: its payload is what can be compressed."""
    head, _, signature = jws.split(".")
    body = base64.b64encode(gzip.compress(payload(jws), mtime=0)).decode()
    return f"{head}.{body}.{signature}"


def unpacked(text: str) -> str:
    """The JWS that was packed."""
    head, body, signature = text.split(".")
    plain = base64.urlsafe_b64encode(gzip.decompress(base64.b64decode(body))).rstrip(b"=").decode()
    return f"{head}.{plain}.{signature}"


class Sold(NamedTuple):
    """What the merchants of a month sold: themselves, or pages of them where they are many."""

    total: int
    merchants: list[MerchantSums]
    sub_platforms: list[SubPlatformSums]
    pages: list[ReportPage]


def few(month: str) -> Sold | None:
    """The merchants of a month; None where they are more than one answer holds."""
    found = read.first(sums.turnovers(month, "!"), MERCHANTS_MAX + 1)
    if len(found) > MERCHANTS_MAX:
        return None
    each = merchants(found)
    return Sold(len(each), each, model.by_sub_platform(each), [])


def compose(month: str, now: datetime, sold: Sold) -> Report:
    """The report as of now. Raises MonthNotClosed; NotFound for what is no month."""
    if not statistics.is_month(month):
        raise NotFound()
    closed(month, now)
    until = sums.sums(FIRST, month)
    own = until.get(month) or Sums(month=month)
    return Report(
        iss=settings().public_url,
        month=month,
        closed_at=stamp(closes_at(month)),
        made_at=stamp(now),
        issued=[IssuedAnswer(**vars(each)) for each in sums.confirmed(month)],
        uncovered_grams=sum(each.owed_grams - each.repaid_grams for each in until.values()),
        mix=_mix(month, now),
        merchants_total=sold.total,
        pages=sold.pages,
        merchants=sold.merchants,
        sub_platforms=sold.sub_platforms,
        applications=_applications(month),
        disputes=_disputes(month),
        **{name: getattr(own, name) for name in _SUMMED},
    )


def _mix(month: str, now: datetime) -> list[ColourBalance]:
    """The colours of the month; none where the scheme had not begun."""
    try:
        return [each.to_answer() for each in mix.read(worker.month_mix(month, now).rows)]
    except NotFound:
        return []


def merchants(turnover: list[Turnover]) -> list[MerchantSums]:
    """With names and sub-platforms as of now."""
    accounts = read.many([keys.account(keys.holder(each.merchant)) for each in turnover], Account) if turnover else {}
    return [_merchant(each, accounts.get(keys.account(keys.holder(each.merchant)))) for each in turnover]


def _merchant(each: Turnover, account: Account | None) -> MerchantSums:
    above = account.merchant.sub_platform if account and account.merchant else None
    return MerchantSums(**vars(each), name=account.name if account else None, sub_platform=above)


def _applications(month: str) -> Applications:
    decided = {state: list(_decided(month, state)) for state in DECIDED}
    spent = [stay for ids in decided.values() for id in ids for stay in stays(_history(id))]
    return Applications(
        **{state: len(ids) for state, ids in decided.items()}, times=times(spent, settings().promised_days)
    )


def _disputes(month: str) -> DisputeCounts:
    """Disputes that were opened, and those that ended, in the month: they stay in these lists for ever."""
    ended = {
        state: sum(_counted(lists.disputes(judge, state), month) for judge in OFFICIALS)
        for state in ("upheld", "dismissed", "withdrawn", "resolved")
    }
    return DisputeCounts(opened=_counted(lists.DISPUTES_OPENED, month), **ended)


def _counted(name: str, month: str) -> int:
    first, end = stamp(statistics.begins(month)), stamp(statistics.ends(month))
    return sum(1 for _ in read.places(name, between=(first, end)))


def _decided(month: str, state: str) -> Iterator[str]:
    """Applications that came to a final state in the month; they stay in its list for ever."""
    first, end = stamp(statistics.begins(month)), stamp(statistics.ends(month))
    listed = read.places(lists.applications(state), between=(first, end))
    return (place.key.pk.removeprefix(keys.application("").pk) for place in listed)


def _history(application: str) -> Iterator[Stay]:
    low = keys.application_step(application, "", "").sk.removesuffix(":")
    return read.query(keys.application(application).pk, low, keys.STEPS_END, Stay)
