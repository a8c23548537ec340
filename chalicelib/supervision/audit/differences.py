"""What does not agree: what an account holds with its Records, an answer with what happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import from_json

from chalicelib.supervision.audit.stored import Stored

POINTS, GRAMS, UNITS = "points", "grams", "units"
NAMED_MAX = 1000  # differences that one part of the books names; all of them are counted
ANSWERED = {  # what of a Record its answer states
    "redemption": POINTS,
    "donation": POINTS,
    "cancellation": POINTS,
    "buy_back": POINTS,
    "retirement": GRAMS,
    "merchant_left": POINTS,
}


class Difference(NamedTuple):
    """``account`` holds ``found`` of ``what``; the Records say ``expected``.

    ``last`` is the time of the last Record that moved anything there, "" where there is none or it was not looked for.
    """

    account: str
    what: str
    expected: int
    found: int
    last: str = ""

    def __str__(self) -> str:
        text = f"{self.account}: {self.what} should be {self.expected:,}, is {self.found:,}"
        return text + (f" (its last Record: {self.last})" if self.last else "")


@dataclass
class Findings:
    """Differences: the first are named, all are counted."""

    named: list[Difference] = field(default_factory=list)
    count: int = 0

    def add(self, found: Iterable[Difference]) -> None:
        for each in found:
            self.count += 1
            if len(self.named) < NAMED_MAX:
                self.named.append(each)

    def join(self, others: "Findings") -> None:
        """Those of another part."""
        self.named += others.named[: NAMED_MAX - len(self.named)]
        self.count += others.count

    def rows(self) -> list[Any]:
        """All of it, as JSON can hold it."""
        return [self.named, self.count]

    def absorb(self, rows: list[Any]) -> None:
        """Add what was found elsewhere."""
        named, count = rows
        self.join(Findings([Difference(*each) for each in named], count))


def unless_equal(account: str, what: str, expected: int, found: int, last: str = "") -> Iterator[Difference]:
    if expected != found:
        yield Difference(account, what, expected, found, last)


def answered(record: Stored) -> Iterator[Difference]:
    """What was answered is what happened."""
    asset = ANSWERED.get(str(record["kind"]))
    if asset is None:
        return
    answer, name, left = from_json(record["answer"]), str(record["pk"]), 0
    sold = record["kind"] == "redemption"  # what a draw gives back with it is no price
    for source, target, amount, moved in record["postings"]:
        if moved == asset and source.startswith("account:") and (not sold or target.startswith("offer:")):
            left += amount
    yield from unless_equal(name, f"{asset} in its answer", left, int(answer[asset]))
    yield from unless_equal(name, "times that are not its answer's", 0, int(answer["at"] != record["at"]))
