"""Reading certificates."""

from datetime import datetime

from chalicelib.certificates.items import Certificate
from chalicelib.certificates.mixing import mixed
from chalicelib.certificates.model import CertificateAnswer, Jwks
from chalicelib.certificates.serials import parse
from chalicelib.certificates.signatures import signature
from chalicelib.errors import NotFound
from chalicelib.signing.jws import jwks
from chalicelib.table import keys, read


def certificate(serial: str) -> Certificate:
    """The certificate as kept, however its serial was typed. Raises SerialMistyped, NotFound."""
    certificate = read.get(keys.certificate(parse(serial)), Certificate)
    if certificate is None:
        raise NotFound()
    return certificate


def view(serial: str, now: datetime) -> CertificateAnswer:
    """What anyone may read; signed now if the signer was away before. Raises SerialMistyped, NotFound."""
    kept = certificate(serial)
    return kept.to_answer(signature(kept)).model_copy(update=mixed(kept, now))


def public_keys() -> Jwks:
    """Raises SignerAway."""
    return Jwks.model_validate(jwks())
