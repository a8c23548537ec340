"""Issuing and revoking certificates."""

from typing import Any

from chalicelib.certificates.items import Certificate, CertificateFacts, CertificateReference, serial
from chalicelib.certificates.model import STEPS, RevokedAnswer, Revoking
from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, put, seen, update
from chalicelib.transitions import step


def issue(command: Command[Any], facts: CertificateFacts, *, serial_key: bytes) -> tuple[CertificateReference, Write]:
    """The certificate of the command's Record, and the Write that puts it into the same transaction.

    The caller keeps its serial among the facts of the Record (``certificate``): a reaction signs what it finds there.
    """
    certificate = Certificate(
        **vars(facts),
        serial=serial(command.id, command.at, serial_key),
        issuer=settings().public_url,
        issued_at=command.at,
        record=command.id,
    )
    return certificate.reference, put(keys.certificate(certificate.serial), certificate)


def undone(command: Command[Any], certificate: Certificate, *, reason: str) -> Write:
    """The certificate (as read) of what the command gives back: revoked, and its reason is public. One that was revoked
    before keeps its own. Refuses Contended where it is not as it was read.
    """
    revoked = {"status": "revoked", "reason": reason, "revoked_at": command.at}
    return update(
        keys.certificate(certificate.serial),
        assign={"refund": command.id} | (revoked if certificate.status == "valid" else {}),
        require=Attr("status").eq(certificate.status) & Attr("refund").not_exists(),
    )


def revoke(command: Command[Revoking], certificate: Certificate) -> Decision:
    """The certificate (as read) is valid no more, and states why. Raises InvalidState."""
    status = step(STEPS, certificate.status, "revoke", command.caller.role)
    because = {"reason": command.body.reason, "revoked_at": command.at}
    revoked = update(
        keys.certificate(certificate.serial),
        assign={"status": status} | because,
        require=Attr("status").eq(certificate.status),
        refuse=seen(Certificate, lambda now: InvalidState(state=(now or certificate).status, action="revoke")),
    )
    answer = RevokedAnswer(serial=certificate.serial, status="revoked", **because)
    return Decision("certificate_revoked", answer, (revoked,), Facts(certificate=certificate.serial))
