"""Certificates as they are kept. Pure."""

from dataclasses import dataclass

from chalicelib.certificates.model import CertificateAnswer, IssuedAnswer, Kind, Status
from chalicelib.table.row import dump


@dataclass(frozen=True)
class CertificateReference:
    """Where a certificate is: what other items and answers keep of it."""

    serial: str
    url: str

    def to_answer(self) -> IssuedAnswer:
        return IssuedAnswer(serial=self.serial, url=self.url)


@dataclass(frozen=True, kw_only=True)
class CertificateFacts:
    """What a certificate proves. ``holder`` is public: a person's name comes masked."""

    kind: Kind
    holder: str
    beneficiary: str | None = None
    grams: int
    points: int
    purpose: str
    title: str | None = None
    campaign: str | None = None
    donors: int | None = None
    scenarios: tuple[str, ...] = ()
    methodologies: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Certificate(CertificateFacts):
    """A certificate that ``record`` issued. It never changes, apart from its status, its signature and its flag.

    ``uncovered_grams``: how many of its grams await recovery after a reversal (docs/adr/0027).
    """

    serial: str
    issuer: str
    issued_at: str
    record: str
    status: Status = "valid"
    reason: str | None = None
    revoked_at: str | None = None
    uncovered_grams: int = 0
    jws: str | None = None

    @property
    def reference(self) -> CertificateReference:
        return CertificateReference(self.serial, f"{self.issuer}/v1/certificates/{self.serial}")

    def to_answer(self, jws: str | None, uncovered: int | None = None) -> CertificateAnswer:
        """What anyone may read, with its signature. ``uncovered``: grams that await recovery, where others owe them."""
        address = {"url": self.reference.url, "jws": jws, "beneficiary": self.beneficiary}
        flag = {} if uncovered is None else {"uncovered_grams": uncovered}
        return CertificateAnswer.model_validate(dump(self) | address | flag)


@dataclass(frozen=True, kw_only=True)
class CampaignUncovered:
    """Grams given to a campaign that await recovery from its donors."""

    grams: int = 0
