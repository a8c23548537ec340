"""The result of a day, with the Records behind what differs: one more look at all of them, in this rare case."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from heapq import nlargest
from typing import Any, NamedTuple

from chalicelib.kernel.fields import stamp
from chalicelib.reconciliation import flags
from chalicelib.reconciliation.model import BEHIND_MAX, KEPT_MAX, Found, Reconciliation, found
from chalicelib.supervision.audit.differences import Difference, Findings
from chalicelib.supervision.audit.stored import UNREADABLE, Raw, postings, texts
from chalicelib.supervision.audit.verdict import Verdict
from chalicelib.table import keys, lists, read


class Conclusion(NamedTuple):
    """What the books came to: how much was read, the sums of the scheme, and what differs."""

    records: int
    accounts: int
    sums: dict[str, int]
    findings: Findings

    @property
    def named(self) -> list[Difference]:
        return self.findings.named

    @classmethod
    def from_verdict(cls, verdict: Verdict) -> "Conclusion":
        return cls(verdict.books.records, verdict.whole.accounts, verdict.sums, verdict.findings)

    @classmethod
    def of(cls, rows: Mapping[str, Any]) -> "Conclusion":
        """From its ``rows``."""
        findings = Findings()
        findings.absorb(rows["findings"])
        return cls(rows["records"], rows["accounts"], rows["sums"], findings)

    def rows(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return self._asdict() | {"findings": self.findings.rows()}


Behind = dict[str, list[tuple[str, str]]]  # times and ids of the newest Records, by account


def names_of(record: Raw) -> set[str]:
    """The accounts that a Record concerns; none where it cannot be read, which is a difference of its own."""
    try:
        moved = [*postings(record, "postings"), *postings(record, "stocked")]
    except UNREADABLE:
        return set()
    names = {name for posting in moved for name in posting[:2]} | {texts(record).get("holder", "")}
    return {name for name in names if name and not name.startswith("system:")}


class Tracing:
    """The newest of what was added behind each account that differs; those of an offer are those of its tills."""

    def __init__(self, differing: Collection[str]) -> None:
        self.sought, self.behind = {*differing}, Behind()

    def add(self, record: Raw) -> None:
        """Look at a Record."""
        names = names_of(record)
        for name in (names | {each.rpartition("/")[0] for each in names}) & self.sought:
            self.join({name: [(texts(record).get("at", ""), record["pk"]["S"].rpartition(":")[2])]})

    def join(self, found: Behind) -> None:
        """What was found elsewhere."""
        for name, places in found.items():
            both = [*self.behind.get(name, ()), *((at, id) for at, id in places)]
            self.behind[name] = nlargest(BEHIND_MAX, {*both})


def named(difference: Difference, behind: Behind) -> Found:
    """A difference with the Records behind it; a Record that is wrong itself is its own."""
    name = difference.account
    if issued := flags.certificate_record(name):
        return found(difference, (issued,))
    if name.startswith(keys.record("").pk):
        return found(difference, (name.removeprefix(keys.record("").pk),))
    return found(difference, tuple(id for _, id in nlargest(BEHIND_MAX, behind.get(name, ()))))


def result(day: str, found: Conclusion, *, began_at: str, aside: int, judged: bool, behind: Behind) -> Reconciliation:
    """What is kept of the day."""
    return Reconciliation(
        id=day,
        at=stamp(datetime.now(UTC)),
        began_at=began_at,
        records=found.records,
        accounts=found.accounts,
        sums=found.sums,
        differences=found.findings.count,
        set_aside=aside,
        sums_judged=judged,
        totals_differing=sum(1 for _ in read.places(lists.TOTALS_DIFFERING)),
        found=tuple(named(each, behind) for each in sorted(found.named)[:KEPT_MAX]),
    )
