"""What does not agree: what an account holds with its Records, an answer with what happened."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

POINTS, GRAMS, UNITS = "points", "grams", "units"
Stored = Mapping[str, Any]  # an item as it is stored, its values plain


_ANSWERED = {
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


def unless_equal(account: str, what: str, expected: int, found: int, last: str = "") -> Iterator[Difference]:
    if expected != found:
        yield Difference(account, what, expected, found, last)


def answered(record: Stored) -> Iterator[Difference]:
    """What was answered is what happened."""
    asset = _ANSWERED.get(str(record["kind"]))
    if asset is None or "postings" not in record:
        return
    answer, name = json.loads(record["answer"]), str(record["pk"])
    sold = record["kind"] == "redemption"  # what a draw gives back with it is no price
    left = (each for each in record["postings"] if each[3] == asset and str(each[0]).startswith("account:"))
    left = (each for each in left if not sold or str(each[1]).startswith("offer:"))
    yield from unless_equal(name, f"{asset} in its answer", sum(int(each[2]) for each in left), int(answer[asset]))
    yield from unless_equal(name, "times that are not its answer's", 0, int(answer["at"] != record["at"]))
