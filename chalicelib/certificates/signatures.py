"""Signatures come after the commit: the transaction that issues a certificate waits for no signer."""

import logging

from chalicelib.certificates.items import Certificate
from chalicelib.certificates.model import claims
from chalicelib.errors import Contended, Unavailable
from chalicelib.kernel.settle import derive
from chalicelib.signing.jws import sign
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, present, update

KIND = "certificate+jwt"
_log = logging.getLogger("carbon-points")


def signature(certificate: Certificate) -> str | None:
    """The certificate's JWS, made and kept now if it lacks one; None while the signer is away.

    It follows from the certificate alone, and the first that is kept stays: two who sign at once end with the same.
    """
    if certificate.jws is not None:
        return certificate.jws
    try:
        jws = sign(claims(dump(certificate)), kind=KIND)
        unsigned = present() & Attr("jws").not_exists()
        derived = derive(update(keys.certificate(certificate.serial), assign={"jws": jws}, require=unsigned))
    except (Contended, Unavailable):
        _log.warning("certificate %s is not signed yet", certificate.serial)
        return None
    if derived.done:
        return jws
    return derived.stood.load(Certificate).jws if derived.stood else None  # what is not kept is not signed
