"""Reading certificates."""

from datetime import datetime

from chalicelib.certificates.items import CampaignUncovered, Certificate
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
    answer = kept.to_answer(signature(kept), _owed_by_donors(kept))
    return answer.model_copy(update=mixed(kept, now))


def _owed_by_donors(certificate: Certificate) -> int | None:
    """What a campaign's certificate lacks is what its donors owe; None for all others, which say so themselves."""
    if certificate.kind != "campaign" or certificate.campaign is None:
        return None
    owed = read.get(keys.campaign_uncovered(certificate.campaign), CampaignUncovered)
    return min(owed.grams, certificate.grams) if owed else 0


def public_keys() -> Jwks:
    """Raises SignerAway."""
    return Jwks.model_validate(jwks())
