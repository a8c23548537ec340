"""Issuing and revoking certificates."""

from chalicelib.certificates.model import STEPS, Issued, Kind, Revoked, Revoking
from chalicelib.certificates.serials import serial
from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.settings import secret, settings
from chalicelib.table import keys
from chalicelib.table.write import Attr, Item, Write, put, update
from chalicelib.transitions import step


def issue(  # noqa: PLR0913 - one argument a fact of the certificate
    *,
    record: str,
    at: str,
    kind: Kind,
    holder: str,
    beneficiary: str | None,
    grams: int,
    points: int,
    purpose: str,
    details: Item | None = None,
) -> tuple[Issued, Write]:
    """The certificate of ``record``, and the Write that puts it into the same transaction.

    ``holder`` is public: a person's name comes masked. ``details`` may hold donors, campaign, title, scenarios and
    methodologies. The caller keeps ``{"certificate": serial}`` among its Record's facts: a reaction signs
    what it finds there. Nothing of the item ever changes but its status and the signature, which follows from it.
    """
    number = serial(record, at, secret("serial_key"))
    issuer = settings().public_url
    said = {
        "serial": number,
        "kind": kind,
        "holder": holder,
        "beneficiary": beneficiary,
        "grams": grams,
        "points": points,
        "purpose": purpose,
        "issued_at": at,
        "issuer": issuer,
        "record": record,
        "status": "valid",
    }
    url = f"{issuer}/v1/certificates/{number}"
    return Issued(serial=number, url=url), put(keys.certificate(number), (details or {}) | said)


def revoke(command: Command[Revoking], item: Item) -> Decision:
    """The certificate (``item``, as read) is valid no more, and says why. Raises InvalidState."""
    status = step(STEPS, item["status"], "revoke", command.caller.role)
    answer = Revoked(serial=item["serial"], status="revoked", reason=command.body.reason, revoked_at=command.at)
    revoked = update(
        keys.certificate(item["serial"]),
        assign={"status": status, "reason": answer.reason, "revoked_at": answer.revoked_at},
        require=Attr("status").eq(item["status"]),
        refuse=lambda now: InvalidState(state=now["status"] if now else "", action="revoke"),
    )
    return Decision("certificate_revoked", answer, (revoked,), Facts(certificate=item["serial"]))
