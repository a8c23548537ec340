"""What callers were answered must agree with what was committed."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.settings import account_key
from chalicelib.table import keys
from tests.simulation.books import Violation, within
from tests.world import Answer

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

AGAIN = {"contended", "unavailable"}  # nothing is known: send it again


@dataclass(frozen=True)
class Asked:
    """One intended change of one caller."""

    method: str
    path: str
    body: Any
    role: str
    sub: str
    key: str

    @property
    def record(self) -> str:
        return keys.record_id(self.sub, self.key, account_key())

    def __str__(self) -> str:
        return f"{self.method} {self.path} {json.dumps(self.body, ensure_ascii=False)} (key {self.key})"


class Answers:
    """Looks at each answer."""

    def __init__(self, sim: "Simulation") -> None:
        self.sim = sim
        self.given: dict[str, tuple[int, Any]] = {}

    def look(self, asked: Asked, answer: Answer, *, since: float, stood: bool) -> None:
        """``stood``: whether the Record was there when the request was sent."""
        record = self.sim.books.records.get(asked.record)
        if answer.status >= 500 and answer.status != 503:
            raise Violation("no request fails by its input", f"{asked} got {answer.status}")
        if answer.status < 300:
            self._accepted(asked, answer, record)
        elif answer.code == "contended":
            self.sim.seen["a caller was answered contended"] += 1
        elif answer.code == "unavailable":
            self.sim.seen["a caller was answered unavailable"] += 1
        elif stood:
            raise Violation("a key answers for ever", f"{asked} stands already, and got {answer.code}")
        else:
            self._refused(asked, answer, since)

    def _accepted(self, asked: Asked, answer: Answer, record: dict[str, Any] | None) -> None:
        if record is None:
            raise Violation("what is acknowledged is committed", f"{asked} got {answer.status} without a Record")
        answered = answer.status, answer.body
        if answered != (record["status"], json.loads(record["answer"])):
            raise Violation("an answer is what was committed", f"{asked} got {answer.body}")
        if self.given.setdefault(asked.record, answered) != answered:
            raise Violation("a key answers for ever", f"{asked} was answered something else")
        self.sim.lives.answered(asked.record)
        if "Idempotent-Replayed" in answer.headers:
            self.sim.seen["a key was replayed"] += 1

    def _short(self, asked: Asked, answer: Answer, since: float) -> None:
        """Who pays hears what she has; a buyer who cancels does not hear what the merchant has."""
        if asked.path.endswith("/cancel"):
            if "available" in answer.body:
                raise Violation("nobody hears what others have", f"{asked} got {answer.body}")
            return
        self.sim.seen["points were short"] += 1
        name = keys.holder(keys.account_id(asked.sub, account_key()))
        available = answer.body["available"]
        if available >= answer.body["needed"] or available not in self.sim.books.points_within(name, since):
            raise Violation("a refusal says what is true", f"{asked}: {available} were available")

    def _refused(self, asked: Asked, answer: Answer, since: float) -> None:
        seen = self.sim.seen
        if answer.code == "insufficient_points" and asked.role == "individual":
            self._short(asked, answer, since)
        if answer.code == "sold_out":
            stocks = within(self.sim.books.stocks.get(asked.body["offer"], []), since)
            if min(stocks) >= asked.body["quantity"]:
                raise Violation("a refusal says what is true", f"{asked}: {sorted(stocks)} were left")
        named = {
            "sold_out": "an offer sold out",
            "limit_reached": "a limit was reached"
            if asked.role == "individual"
            else "a day's limit of a grant was reached",
            "price_changed": "a price changed under a buyer",
            "campaign_closed": "a donation came too late",
            "already_reported": "a record was reported twice",
        }
        if answer.code in named:
            seen[named[answer.code]] += 1
        if answer.code == "invalid_request" and not all(each.split("/")[1] in asked.body for each in answer.pointers):
            raise Violation("a refusal names what was sent", f"{asked}: {answer.pointers}")
        if answer.code == "invalid_request" and "/v1/reductions" in asked.path:
            seen["a daily cap was reached"] += 1
