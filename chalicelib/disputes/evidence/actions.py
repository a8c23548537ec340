"""Files of a dispute: announced, arrived or refused, read. Each is one Decision."""

from chalicelib.disputes.evidence.items import EVIDENCE_MAX, By, Evidence
from chalicelib.disputes.evidence.model import EvidenceOpened, NewEvidence, evidence_key, kept_evidence_key
from chalicelib.disputes.items import OPEN, Dispute
from chalicelib.errors import InvalidState, NotFound, Refusal, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Facts
from chalicelib.onboarding.documents import actions as documents
from chalicelib.table import keys
from chalicelib.table.write import Attr, present, put, seen, update


class EvidenceFull(InvalidState):
    """``limit`` files were announced."""

    title = Text("The dispute has as many files as it may", "举证材料数量已达上限")
    detail = Text(
        "A dispute takes {limit} files of both parties, those that never arrived included.",
        "每件争议双方合计最多登记 {limit} 份举证材料（含未送达的材料）。",
    )
    remedy = Text("Put what is missing into the text of the answer.", "请将其余情况写入答复说明。")


def open_upload(command: Command[NewEvidence], dispute: Dispute, by: By | None) -> Decision:
    """A file that waits for its bytes, while the dispute is open. Raises NotFound for an official; refuses
    InvalidState, EvidenceFull.
    """
    if by is None:
        raise NotFound()
    body = command.body
    evidence = Evidence(id=command.id, dispute=dispute.id, by=by, announced_at=command.at, **body.model_dump())

    def refuse(found: Dispute | None) -> Refusal:
        if found and found.status in OPEN:
            return EvidenceFull(state="full", action="evidence", limit=EVIDENCE_MAX)
        return InvalidState(state=found.status if found else "gone", action="evidence")

    room = Attr("status").is_in(list(OPEN)) & Attr("announced").lt(EVIDENCE_MAX)
    counted = update(dispute.key, add={"announced": 1}, require=room, refuse=seen(Dispute, refuse))
    upload = documents.form(body, evidence_key(dispute.id, evidence.id), command.now)
    answer = EvidenceOpened(id=evidence.id, dispute=dispute.id, upload=upload)
    writes = (counted, put(keys.evidence(dispute.id, evidence.id), evidence))
    return Decision("evidence_announced", answer, writes, Facts(dispute=dispute.id))


def settle(command: Command[Empty], evidence: Evidence, fault: Text | None) -> Decision:
    """The bytes of a file came, in time or not: it is kept, or refused for ``fault``.

    Refuses InvalidState where it is settled already.
    """
    status = "refused" if fault else "arrived"
    reason = {"reason": fault.en, "reason_zh": fault.zh} if fault else {}

    def refuse(found: Evidence | None) -> Refusal:
        return InvalidState(state=found.status if found else "gone", action=status)

    settled = update(
        keys.evidence(evidence.dispute, evidence.id),
        assign={"status": status, "arrived_at": command.at} | reason,
        require=Attr("status").eq("awaiting_upload"),
        refuse=seen(Evidence, refuse),
    )
    return Decision(f"evidence_{status}", Empty(), (settled,), Facts(dispute=evidence.dispute))


def link(command: Command[Empty], evidence: Evidence, *, opens: bool) -> Decision:
    """An address that opens the file for some minutes; its Record says who asked, the file how often.

    Raises NotFound for who cannot open it, InvalidState where there is no good file.
    """
    if not opens:
        raise NotFound()
    if evidence.status != "arrived":
        raise InvalidState(state=evidence.status, action="link")
    key, name = kept_evidence_key(evidence.dispute, evidence.id), f"evidence-{evidence.id}"
    answer = documents.link_to(key, name, evidence.content_type, command.now)
    counted = update(keys.evidence(evidence.dispute, evidence.id), add={"links": 1}, require=present())
    return Decision("evidence_link", answer, (counted,), Facts(dispute=evidence.dispute))
