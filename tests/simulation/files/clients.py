"""What operators and the bureau do with files."""

from typing import TYPE_CHECKING, Any

from chalicelib.batches.model import file_key
from tests.simulation.books import Violation
from tests.simulation.files.drawn import File, drawn
from tests.world import Answer

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

BASE = "/v1/reduction-batches"


class Senders:
    """A part of a Client."""

    sim: "Simulation"

    def ask(self, path: str, body: Any = None) -> Answer | None:
        raise NotImplementedError

    def read(self, path: str, **params: Any) -> Answer | None:
        raise NotImplementedError

    def rival(self, path: str, body: Any = None) -> None:
        raise NotImplementedError

    def some(self, things: list[Any]) -> Any:
        raise NotImplementedError

    def send_file(self, _: int) -> None:
        """Announce a file, of which the same was announced before at times, and send it: well, or not."""
        sim, city = self.sim, self.sim.city
        known = list(city.files.values())
        file = sim.rng.choice(known) if known and sim.rng.random() < 0.1 else drawn(sim.rng, city, sim.now)
        city.files[file.sha256] = file
        body = {"scenario": file.scenario, "lines": file.announced, "sha256": file.sha256}
        answer = self.ask(BASE, body)
        if answer and answer.status == 201:
            self._upload(str(answer.body["id"]), file)

    def _upload(self, batch: str, file: File) -> None:
        sim, key = self.sim, file_key(batch)
        way = sim.rng.choices(("whole", "twice", "cut", "other", "never"), (14, 4, 1, 1, 1))[0]
        if way == "never":
            return
        sim.rest(sim.rng.choice((0, 0, 1, 100)))
        content = file.content
        if way == "cut":
            content = content[: len(content) // 2]
        elif way == "other":
            content = content.replace(b'"quantity": "', b'"quantity": "1')
        sim.city.sent[batch] = content == file.content and file.as_announced
        sim.bucket.put(key, content)
        if way == "twice":
            sim.rest(sim.rng.choice((0, 1, 10)))
            sim.bucket.put(key, file.content)

    def look_file(self, _: int) -> None:
        """Its sums grow up to the number of its lines."""
        batch = self.some(list(self.sim.city.sent))
        if batch and (found := self.read(f"{BASE}/{batch}")):
            seen = found.body
            count = seen["converted"] + seen["reported"] + seen["refused"]
            if count > seen["lines"] or (seen["status"] == "done" and count < seen["lines"]):
                raise Violation("a batch counts each line once", f"{count} of {seen['lines']} in {batch}")

    def judge_file(self, _: int) -> None:
        """For all lines, while others decide of single ones, or want something else."""
        done = [id for id in self.sim.city.sent if self._is_done(id)]
        if batch := self.some(done if self.sim.rng.random() < 0.9 else list(self.sim.city.sent)):
            action, other = self.sim.rng.choices(("confirm", "reject", "reverse"), (3, 2, 2), k=2)
            self.rival(f"{BASE}/{batch}/{other}", {"reason": "反之"})
            self.ask(f"{BASE}/{batch}/{action}", {"reason": "抽查一致"})

    def _is_done(self, batch: str) -> bool:
        return bool(self.sim.table.items[f"batch:{batch}", "batch"]["status"] == {"S": "done"})
