"""What applicants do, and officials about them."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.onboarding.documents.uploads import file_key
from chalicelib.partners.handshake import HandshakeFailed
from tests.simulation.onboarding.setting import MODES, REQUIRED, day, plan, scan
from tests.world import Answer

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

BASE = "/v1/applications"
PASSED = {"completeness": True, "conformity": True, "reliability": True, "comment": "齐全"}
OWN_SYSTEM = {"callback_url": "https://mall.example.com/hook", "public_key": "whpk_x"}
HASH = "0" * 64


class Applicants:
    """A part of a Client."""

    sim: "Simulation"
    party: str
    ask: Callable[..., Answer | None]

    def rival(self, path: str, body: Any = None) -> None:
        raise NotImplementedError

    def some(self, things: list[Any]) -> Any:
        raise NotImplementedError

    # an institution

    def apply(self, _: int) -> None:
        sim, mode = self.sim, self.sim.rng.choice(MODES)
        body = {"mode": mode, "title": "入驻申请", "plan": plan(mode, sim.now, sim.rng)}
        hosts = [each["by"] for each in sim.city.applications if each["mode"] == "sub_platform"]
        if mode in ("third_party_mall", "other") and hosts and sim.rng.random() < 0.5:
            body["sub_platform"] = sim.city.accounts[sim.rng.choice(hosts)]
        answer = self.ask(BASE, body)
        if answer and answer.status == 201:
            application = {"id": answer.body["id"], "mode": mode, "by": self.party, "host": body.get("sub_platform")}
            sim.city.applications.append(application)
            self._send_all(application)
        elif answer and answer.body.get("state") == "open":
            sim.seen["an institution applied twice"] += 1

    def _applied(self) -> Any:
        mine = [each for each in self.sim.city.applications if each["by"] == self.party]
        return self.some(mine[-2:])

    def _at(self, *statuses: str) -> Any:
        """An application that is there, as a rule."""
        found = self.sim.city.applications
        if self.sim.rng.random() < 0.9:
            found = [each for each in found if self._status(each["id"]) in statuses]
        return self.some(found[-8:])

    def _status(self, id: str) -> str:
        return str(self.sim.table.items[f"application:{id}", "application"]["status"]["S"])

    def onward(self, _: int) -> None:
        """What the state of an own one asks for."""
        if application := self._applied():
            match self._status(application["id"]):
                case "draft" | "returned":
                    self._submit(application)
                case "acknowledged":
                    self._agree(application)
                case "agreement_signed":
                    self._integrate(application)

    def _send_all(self, application: dict[str, Any]) -> None:
        """What has not come, and some of the rest once more."""
        item = self.sim.table.items[f"application:{application['id']}", "application"]
        counting = item.get("documents", {}).get("M", {})
        for kind in REQUIRED[application["mode"]]:
            if kind not in counting or self.sim.rng.random() < 0.1:
                self._send(application, kind)

    def complete(self, _: int) -> None:
        """Every document, and then the application, at once or before they have come."""
        if (application := self._applied()) and self._status(application["id"]) in ("draft", "returned"):
            self._send_all(application)
            self.sim.rest(self.sim.rng.choice((0, 2, 100)))
            self._submit(application)

    def document(self, _: int) -> None:
        if application := self._applied():
            self._send(application, self.sim.rng.choice(REQUIRED[application["mode"]]))

    def _send(self, application: dict[str, Any], kind: str) -> None:
        sim, content = self.sim, scan(self.sim.rng)
        body: dict[str, Any] = {
            "kind": kind, "file_name": "材料.pdf", "content_type": "application/pdf", "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }  # fmt: skip
        if kind == "business_licence" and sim.rng.random() < 0.7:
            body["expires_on"] = day(sim.now, sim.rng.choice((1, 1, 2, 40)))
        answer = self.ask(f"{BASE}/{application['id']}/documents", body)
        if answer and answer.status == 201:
            key = file_key(application["id"], answer.body["id"])
            way = sim.rng.choices(("whole", "twice", "other", "never"), (30, 6, 1, 1))[0]
            for _ in range({"never": 0, "twice": 2}.get(way, 1)):
                sim.bucket.put(key, content if way != "other" else scan(sim.rng))

    def _step(self, application: dict[str, Any], action: str, body: Any = None) -> Answer | None:
        return self.ask(f"{BASE}/{application['id']}/{action}", body)

    def submit(self, _: int) -> None:
        if application := self._applied():
            self._submit(application)

    def _submit(self, application: dict[str, Any]) -> None:
        answer = self._step(application, "submit")
        if answer and answer.code == "documents_missing":
            self.sim.seen["a submission lacked documents"] += 1

    def withdraw_application(self, _: int) -> None:
        if application := self._applied():
            self._step(application, "withdraw")

    def edit(self, _: int) -> None:
        if application := self._applied():
            body = {"title": "修订", "plan": plan(application["mode"], self.sim.now, self.sim.rng)}
            self.ask(f"{BASE}/{application['id']}", body, method="PATCH")

    def agree(self, _: int) -> None:
        if application := self._applied():
            self._agree(application)

    def _agree(self, application: dict[str, Any]) -> None:
        signed = datetime.fromtimestamp(self.sim.now, UTC).isoformat()
        days = self.sim.rng.choice((None, 0, 1, 1, 40))
        ends = {} if days is None else {"ends_on": day(self.sim.now, days)}
        self._step(application, "agreement", {"sha256": HASH, "signed_at": signed} | ends)

    def integrate(self, _: int) -> None:
        if application := self._applied():
            self._integrate(application)

    def _integrate(self, application: dict[str, Any]) -> None:
        answer = self._step(application, "integration", OWN_SYSTEM)
        if answer and answer.code == "handshake_failed":
            self.sim.seen["a handshake failed"] += 1

    def endorse(self, _: int) -> None:
        """As the operator of a sub-platform."""
        own = self.sim.city.accounts[self.party]
        if application := self.some([each for each in self.sim.city.applications if each["host"] == own]):
            outcome = self.sim.rng.choice(("endorse", "endorse", "return"))
            self._step(application, "endorsement", {"outcome": outcome, "comment": "本区"})

    # officials

    def review(self, _: int) -> None:
        """Two reviewers at once may want something else."""
        if application := self._at("submitted"):
            outcome, other = self.sim.rng.choices(("pass", "return", "reject"), (6, 2, 1), k=2)
            self.rival(f"{BASE}/{application['id']}/review", {"outcome": other, **PASSED})
            answer = self._step(application, "review", {"outcome": outcome, **PASSED})
            if answer and answer.code == "invalid_state":
                self.sim.seen["a review came too late"] += 1

    def opinion(self, _: int) -> None:
        if application := self._at("reviewed"):
            conclusion = self.sim.rng.choices(("favourable", "unfavourable"), (6, 1))[0]
            self._step(application, "opinion", {"conclusion": conclusion, "text": "适合"})

    def acknowledge(self, _: int) -> None:
        if application := self._at("opinion_filed"):
            outcome = self.sim.rng.choices(("accept", "refuse"), (6, 1))[0]
            self._step(application, "acknowledge", {"outcome": outcome, "comment": "已备案"})

    def renew(self, _: int) -> None:
        """A new agreement or licence of one who was admitted, while the old one ends."""
        if not (sim := self.sim).city.applicants:
            return
        merchant = sim.city.accounts[sim.rng.choice(sim.city.applicants)]
        if "merchant" not in sim.table.items[f"account:{merchant}", "account"]:
            return
        days, subject = sim.rng.choice((None, 0, 1, 1, 40)), sim.rng.choice(("agreement", "licence"))
        ends = {} if days is None else {"ends_on": day(sim.now, days)}
        self.ask(f"/v1/merchants/{merchant}/renewals", {"subject": subject, "reason": "续签", **ends})

    def suspend(self, _: int) -> None:
        if not (sim := self.sim).city.applicants:
            return
        merchant = sim.city.accounts[sim.rng.choice(sim.city.applicants)]
        self.ask(f"/v1/merchants/{merchant}/{sim.rng.choice(('suspend', 'reinstate'))}", {"reason": "检查"})


def handshake(sim: "Simulation", **_: Any) -> None:
    """The applicant's system proves itself, or it does not."""
    sim.outside("calls")
    if sim.happens("slow partner"):
        sim.baton.sleep(5)
        raise HandshakeFailed(reason="late")
