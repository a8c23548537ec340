"""What must hold of applications, documents and validities, in the commit that changes them."""

import hashlib
from typing import TYPE_CHECKING, Any

from chalicelib.onboarding.documents.uploads import kept_key
from chalicelib.table.write import decode
from tests.simulation.books import Violation
from tests.simulation.onboarding.setting import REQUIRED, day
from tests.simulation.table import Change, Place

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

OPEN = (
    "draft", "with_operator", "submitted", "returned", "reviewed", "opinion_filed", "acknowledged", "agreement_signed",
)  # fmt: skip
APPLICANT, EXCHANGE, BUREAU = "institution", "exchange", "bureau"
STEPS: dict[tuple[str | None, str], str] = {  # each step, and whose it is
    (None, "draft"): APPLICANT,
    ("draft", "submitted"): APPLICANT,
    ("draft", "with_operator"): APPLICANT,
    ("returned", "submitted"): APPLICANT,
    ("returned", "with_operator"): APPLICANT,
    ("with_operator", "submitted"): APPLICANT,  # the operator of a sub-platform is an institution, too
    ("with_operator", "returned"): APPLICANT,
    ("submitted", "reviewed"): EXCHANGE,
    ("submitted", "active"): EXCHANGE,
    ("submitted", "returned"): EXCHANGE,
    ("submitted", "rejected"): EXCHANGE,
    ("reviewed", "opinion_filed"): EXCHANGE,
    ("opinion_filed", "acknowledged"): BUREAU,
    ("opinion_filed", "rejected"): BUREAU,
    ("acknowledged", "agreement_signed"): APPLICANT,
    ("acknowledged", "active"): APPLICANT,
    ("agreement_signed", "active"): APPLICANT,
    **{(status, "withdrawn"): APPLICANT for status in OPEN},
}
STATES = {
    "application": set(STEPS),
    "document": {(None, "awaiting_upload"), ("awaiting_upload", "arrived"), ("awaiting_upload", "refused")},
}
PASSED = ("review", "opinion", "acknowledgement", "agreement", "integration")  # what leads to each mode
WAYS = {"event": PASSED[:1], "other": PASSED[:4], "third_party_mall": PASSED, "sub_platform": PASSED}


class Onboarding:
    """A part of Lives."""

    sim: "Simulation"

    def __init__(self) -> None:
        super().__init__()
        self.applying: dict[str, str] = {}  # the open application of each institution

    def _only(self, what: str, thing: str) -> None:
        raise NotImplementedError

    def onboarded(self, changes: dict[Place, Change]) -> None:
        """Look at one transaction, once the setting is made."""
        if not self.sim.storm:
            return
        for (pk, sk), (old, new) in changes.items():
            if new is None:
                continue
            if sk == "application":
                self._application(pk, decode(old) or {}, decode(new) or {}, changes)
            elif sk.startswith("document:") and new.get("status") != (old or {}).get("status"):
                self._document(pk, decode(new) or {})
            elif pk.startswith("validity:"):
                self._validity(pk, sk, decode(old) or {}, decode(new) or {})
            elif (pk[:8], sk) == ("account:", "account") and new.get("merchant") != (old or {}).get("merchant"):
                self._admitted(pk, decode(old) or {}, decode(new) or {})

    def _application(self, pk: str, old: dict[str, Any], new: dict[str, Any], changes: dict[Place, Change]) -> None:
        before, after, institution = old.get("status"), new["status"], new["applicant"]
        if before == after:
            return
        roles = [each["role"]["S"] for (_, sk), (_, each) in changes.items() if sk == "record" and each]
        if roles != [STEPS.get((before, after))]:
            raise Violation("each step is its party's", f"{pk} from {before} to {after} by {roles}")
        lines = [
            each["status"]["S"] for (p, sk), (_, each) in changes.items() if p == pk and sk[:5] == "step:" and each
        ]
        if lines != [after]:
            raise Violation("every step stands in the history", f"{pk} is {after}, its lines say {lines}")
        if old and new["version"] != old["version"] + 1:
            raise Violation("a step is decided on what stands", f"{pk} from {old['version']} to {new['version']}")
        self._opened(institution, pk, before, after)
        if before in ("draft", "returned") and after in ("submitted", "with_operator"):
            self._complete(pk, new)
        if after == "active":
            self._joined(pk, new)
        if after in ("returned", "rejected", "withdrawn"):
            self.sim.seen[f"an application was {after}"] += 1

    def _opened(self, institution: str, pk: str, before: str | None, after: str) -> None:
        if before is None and institution in self.applying:
            raise Violation("one application at a time", f"{pk} beside {self.applying[institution]}")
        if after in OPEN:
            self.applying[institution] = pk
        elif self.applying.pop(institution, None) != pk:
            raise Violation("one application at a time", f"{pk} ended and was not open")

    def _complete(self, pk: str, new: dict[str, Any]) -> None:
        """Whatever is required has come, whole, and is where it stays."""
        today = day(self.sim.now - 2, 0)  # clocks differ
        for kind in REQUIRED[new["mode"]]:
            counting = new.get("documents", {}).get(kind)
            if counting is None or (counting.get("expires_on") or "9") < today:
                raise Violation("what is submitted is complete", f"{pk} has no {kind} that is valid")
            document = decode(self.sim.table.items[pk, f"document:{counting['id']}"]) or {}
            kept = self.sim.bucket.objects.get(kept_key(pk.removeprefix("application:"), counting["id"]))
            if kept is None or hashlib.sha256(kept.body).hexdigest() != document["sha256"]:
                raise Violation("what is submitted stays as it was announced", f"{kind} {counting['id']} of {pk}")

    def _document(self, pk: str, new: dict[str, Any]) -> None:
        if new["status"] != "awaiting_upload":
            self._only("settlement of document", new["id"])
            self.sim.seen[f"a document was {'taken' if new['status'] == 'arrived' else 'refused'}"] += 1

    def _joined(self, pk: str, new: dict[str, Any]) -> None:
        """Every step of its mode was taken, and the institution is a merchant by it from now on."""
        way = WAYS[new["mode"]]
        if missing := [each for each in way if each not in new]:
            raise Violation("who joins has passed every step", f"{pk} without {missing}")
        opinion, filed = new.get("opinion") or {}, new.get("acknowledgement") or {}
        stated = new["review"]["outcome"], opinion.get("conclusion", "favourable"), filed.get("outcome", "accept")
        if stated != ("pass", "favourable", "accept"):
            raise Violation("who joins has passed every step", f"{pk} by {stated}")
        merchant = (decode(self.sim.table.items[f"account:{new['applicant']}", "account"]) or {})["merchant"]
        if not new.get("beside") and merchant.get("application") != new["id"]:
            raise Violation("who has passed every step joins", f"{pk} is active, its applicant is no merchant by it")
        beside = " beside a mode" if new.get("beside") else ""
        self.sim.seen[f"an event was admitted{beside}" if new["mode"] == "event" else "an institution joined"] += 1

    def _admitted(self, pk: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        """A merchant by an application: of one that came to its end in the same commit."""
        id = (new.get("merchant") or {}).get("application")
        if not id or id == (old.get("merchant") or {}).get("application"):
            return
        application = self.sim.table.items[f"application:{id}", "application"]
        if application["status"]["S"] != "active" or f"account:{application['applicant']['S']}" != pk:
            raise Violation("who joins has passed every step", f"{pk} by {id}, which is {application['status']}")

    # agreements and licences

    def _validity(self, pk: str, sk: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        if new.get("stopped_at") and not old.get("stopped_at"):
            self._only("end", f"{pk} {sk} {new['since']}")
            if day(self.sim.now + 2, 0) <= new["ends_on"]:
                raise Violation("nothing ends before its day", f"{sk} of {pk} on {new['ends_on']}")
            self.sim.seen[f"a merchant's {sk} ended"] += 1
        elif new.get("reminded_at") and not old.get("reminded_at"):
            self._only("reminder", f"{pk} {sk} {new['since']}")
            self.sim.seen["a merchant was reminded of an end"] += 1
        elif old.get("stopped_at") and not new.get("stopped_at"):
            self.sim.seen["what had ended was renewed"] += 1
