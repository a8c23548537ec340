"""Reading certificates.

Where a certificate's grams come from is known once their month is closed, so it is not signed with the certificate. It
follows from the certificate's place among all uses of the month, and from the signed mix of the month: nothing is kept
(docs/adr/0028).
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib import shanghai
from chalicelib.certificates.items import CampaignUncovered, Certificate, CertificateReference, parse_serial
from chalicelib.certificates.model import CertificateAnswer, Jwks, MixSource
from chalicelib.certificates.signatures import signature
from chalicelib.errors import NotFound, Refusal
from chalicelib.kernel.fields import stamp
from chalicelib.provenance import mix, queries, worker
from chalicelib.provenance.apportion import Grams, between
from chalicelib.provenance.closing import closes_at
from chalicelib.provenance.model import of_campaign
from chalicelib.signing.jws import jwks
from chalicelib.table import keys, read

_log = logging.getLogger("carbon-points")


def certificate(serial: str) -> Certificate:
    """The certificate as kept, however its serial was typed. Raises SerialMistyped, NotFound."""
    certificate = read.get(keys.certificate(parse_serial(serial)), Certificate)
    if certificate is None:
        raise NotFound()
    return certificate


def view(serial: str, now: datetime) -> CertificateAnswer:
    """What anyone may read; signed now if the signer was away before. Raises SerialMistyped, NotFound."""
    kept = certificate(serial)
    answer = kept.to_answer(signature(kept), _owed_by_donors(kept))
    return answer.model_copy(update=_mixed(kept, now))


def _owed_by_donors(certificate: Certificate) -> int | None:
    """What a campaign's certificate lacks is what its donors owe; None for all others, which say so themselves."""
    if certificate.kind != "campaign" or certificate.campaign is None:
        return None
    owed = read.get(keys.campaign_uncovered(certificate.campaign), CampaignUncovered)
    return min(owed.grams, certificate.grams) if owed else 0


def public_keys() -> Jwks:
    """Raises SignerAway."""
    return Jwks.model_validate(jwks())


@dataclass(frozen=True)
class _Campaign:
    """What of a campaign is asked here."""

    certificate: CertificateReference | None = None


class _Part(NamedTuple):
    """``grams`` by colour, and where they were taken from."""

    colours: Grams
    grams: int
    source: MixSource


def _mixed(certificate: Certificate, now: datetime) -> dict[str, object]:
    """``mix``, ``mix_source`` and ``mix_from`` of its answer; the first two None where they are not known (yet)."""
    whole = certificate if certificate.kind != "donation" else _of_campaign(certificate)
    if whole is None:  # the campaign still collects
        return {}
    month = shanghai.month(datetime.fromisoformat(whole.issued_at))
    known: dict[str, object] = {"mix_from": stamp(closes_at(month))}
    if now < closes_at(month):
        return known
    try:
        found = _mix(certificate, whole, month, now)
    except Refusal:
        _log.warning("the mix of certificate %s cannot be made now", certificate.serial, exc_info=True)
        return known
    return known | ({"mix": mix.parts(found.colours), "mix_source": found.source} if found else {})


def _of_campaign(donation: Certificate) -> Certificate | None:
    """The certificate of the campaign that got the donation."""
    campaign = read.get(keys.campaign(donation.campaign or ""), _Campaign)
    if campaign is None or campaign.certificate is None:
        return None
    return read.get(keys.certificate(campaign.certificate.serial), Certificate)


def _mix(certificate: Certificate, whole: Certificate, month: str, now: datetime) -> _Part | None:
    """Of a donation, its part of the campaign's mix; of all others, their part of the month's."""
    made = worker.month_mix(month, now)
    found = _part(_Part(mix.used(mix.read(made.rows)), made.grams, MixSource(month=month)), month, whole.record)
    if found is None or whole is certificate:
        return found
    campaign = found._replace(source=MixSource(month=month, certificate=whole.serial))
    return _part(campaign, of_campaign(certificate.campaign or ""), certificate.record)


def _part(whole: _Part, of: str, record: str) -> _Part | None:
    """What a Record has of ``whole``; None where what is known does not add up."""
    place = queries.place(of, record)
    if place is None or place.whole != whole.grams:
        return None
    source = whole.source.model_copy(update={"grams_before": place.before})
    return _Part(between(whole.colours, place.before, place.grams), place.grams, source)
