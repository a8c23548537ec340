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
