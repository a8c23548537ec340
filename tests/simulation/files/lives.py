"""What must hold of files of trips: each line has one outcome for ever, and sums are those of lines."""

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from chalicelib.table import keys
from tests.simulation.books import Violation, amount
from tests.simulation.files.drawn import File
from tests.simulation.table import Change, Place

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

DONE = {"confirm": "confirming", "reject": "rejecting", "reverse": "reversing"}
STATES: dict[str, set[tuple[str | None, str]]] = {
    "batch": {
        (None, "awaiting_upload"),
        ("awaiting_upload", "processing"),
        ("awaiting_upload", "refused"),
        ("processing", "done"),
        *(("done", status) for status in DONE.values()),
        *((status, "done") for status in DONE.values()),
    }
}
ROOM = 8  # lanes in work, of one operator
SUMS = ("converted", "reported", "refused", "duplicates", "points")


class Files:
    """A part of Lives."""

    sim: "Simulation"

    def _only(self, what: str, thing: str) -> None:
        raise NotImplementedError

    def moved(self, changes: dict[Place, Change]) -> None:
        """Cursors and room, in the commit that moves them."""
        for (pk, sk), (old, new) in changes.items():
            if new is None or not pk.startswith(("batch:", "intake:")):
                continue
            if sk.startswith("lane:"):
                self._lane(pk, old, new)
            elif sk.startswith("judged:"):
                self._judged(pk, sk, old, new)
            elif pk.startswith("intake:"):
                self._room(pk, new)

    def _lane(self, pk: str, old: Any, new: Any) -> None:
        if old is not None and amount(new, "byte") <= amount(old, "byte"):
            raise Violation("a cursor only advances", f"{pk} from {amount(old, 'byte')} to {amount(new, 'byte')}")
        batch = pk.removeprefix("batch:")
        came = Counter[str]()
        for number in self.file(batch).lines:
            if amount(new, "first") <= number < amount(new, "line"):
                came.update(self.outcome(batch, number))
        counted = {name: amount(new, name) for name in SUMS}
        if counted != {name: came[name] for name in SUMS}:
            raise Violation("a batch counts each line once", f"{counted} in a lane of {pk}, lines say {dict(came)}")

    def file(self, batch: str) -> File:
        found: File = self.sim.city.files[self.sim.table.items[f"batch:{batch}", "batch"]["sha256"]["S"]]
        return found

    def outcome(self, batch: str, number: int) -> dict[str, int]:
        """What a line came to, as its Record says. One that cannot be read has none."""
        record = self.sim.books.records.get(keys.part_id(batch, f"line {number}"))
        if record is None:
            if self.file(batch).lines[number] is not None:
                raise Violation("every line has an outcome", f"line {number} of {batch} was passed over")
            return {"refused": 1}
        answer = json.loads(record["answer"])
        if record["kind"] == "reduction_refused":
            return {"refused": 1, "duplicates": int(answer["code"] == "already_reported")}
        kind = "converted" if record["kind"] == "reduction_confirmed" else "reported"
        return {kind: 1, "points": answer["points"]}

    def line(self, record: dict[str, Any], answer: dict[str, Any]) -> None:
        """The Record of a line's outcome: it says what the line says."""
        if record.get("line") is None or record["id"] != keys.part_id(record["batch"], f"line {record['line']}"):
            if record["role"] == "scenario_operator" and record.get("line") is not None:
                raise Violation("a line has one outcome", f"line {record['line']} of {record['batch']} by another name")
            return
        stated = self.file(record["batch"]).lines.get(record["line"])
        if stated is None or answer["record_id"] != stated["record_id"]:
            raise Violation("a line comes to what it says", f"{answer} of {stated}")
        self._only("outcome", f"line {record['line']} of {record['batch']}")
        if record["kind"] != "reduction_refused" and (str(answer["grams"]), answer["account"]) != (
            stated["quantity"],
            stated["account"],
        ):
            raise Violation("a line comes to what it says", f"{answer} of {stated}")
        if record["kind"] != "reduction_refused":
            self.sim.city.trips.append(answer)

    def _reduction_refused(self, record: dict[str, Any], line: dict[str, Any]) -> None:
        self.line(record, line)
        again = line["code"] == "already_reported"
        self.sim.seen["a line was a duplicate" if again else "a line was refused"] += 1

    def _batch_processing(self, record: dict[str, Any], batch: dict[str, Any]) -> None:
        if not self.sim.city.sent[batch["id"]]:
            raise Violation("a file is what was announced", f"{batch['id']} is worked on")
        lanes = [sk for sk in self.sim.table.partitions[f"batch:{batch['id']}"] if sk.startswith("lane:")]
        self.sim.seen["a file had several lanes"] += len(lanes) > 1
        packed = self.sim.table.items[f"batch:{batch['id']}", "batch"]["packed"]["BOOL"]
        self.sim.seen["a file came packed"] += bool(packed)

    def _batch_refused(self, record: dict[str, Any], batch: dict[str, Any]) -> None:
        if self.sim.city.sent[batch["id"]]:
            raise Violation("a file that is what was announced is taken", f"{batch['id']}: {batch['reason']}")
        self.sim.seen["a file was refused whole"] += 1

    def _batch_done(self, record: dict[str, Any], batch: dict[str, Any]) -> None:
        self._only("end of batch", batch["id"])
        came = Counter[str]()
        for number in self.file(batch["id"]).lines:
            came.update(self.outcome(batch["id"], number))
        if any(batch[name] != came[name] for name in SUMS):
            raise Violation("a batch counts each line once", f"{batch} came to {dict(came)}")

    # judgements

    def _judged(self, pk: str, sk: str, old: Any, new: Any) -> None:
        if old is not None and amount(new, "line") <= amount(old, "line"):
            raise Violation("a cursor only advances", f"{sk} of {pk}")
        batch, judgement = pk.removeprefix("batch:"), sk.split(":")[1]
        lane = self.sim.table.items[pk, f"lane:{sk.split(':')[2]}"]
        numbers = range(amount(lane, "first"), amount(new, "line"))
        named = (keys.part_id(batch, f"{judgement} line {number}") for number in numbers)
        there = [self.sim.books.records[id] for id in named if id in self.sim.books.records]
        points = sum(json.loads(each["answer"])["points"] for each in there)
        if (amount(new, "judged"), amount(new, "points")) != (len(there), points):
            raise Violation("a judgement counts each line once", f"{amount(new, 'judged')} of {len(there)} in {pk}")
        self.sim.seen["a judgement left a line"] += amount(new, "left") > 0

    def _batch_judged(self, record: dict[str, Any], batch: dict[str, Any]) -> None:
        """None waits that could be decided. (What is reversed may be confirmed meanwhile.)"""
        judgement = batch["judgement"]
        done = {"confirm": "confirmed", "reject": "rejected", "reverse": "reversed"}[judgement["action"]]
        self.sim.seen[f"a batch was {done}"] += 1
        waiting = 0
        for number, stated in self.file(batch["id"]).lines.items():
            own = self.sim.books.records.get(keys.part_id(batch["id"], f"line {number}"))
            if stated and own and own["kind"] == "reduction_reported":
                key = keys.reduction(self.file(batch["id"]).scenario, stated["record_id"])
                waiting += self.sim.table.items[key.pk, key.sk]["status"]["S"] == "reported"
        if judgement["action"] != "reverse" and waiting > judgement["left"]:
            raise Violation("a judgement reaches every line", f"{waiting} of {batch['id']} wait")

    def _room(self, pk: str, new: Any) -> None:
        batches = new.get("batches", {}).get("SS", ())
        lanes = sum(sk.startswith("lane:") for id in batches for sk in self.sim.table.partitions[f"batch:{id}"])
        if not lanes == amount(new, "lanes") <= ROOM:
            raise Violation("an operator has eight lanes at most", f"{lanes} in {pk}, counted {amount(new, 'lanes')}")
        self.sim.seen["a batch waited for room"] += "waiting" in new
