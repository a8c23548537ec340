"""Certificates as they are kept, and their serials: readable, checked for slips of the pen, not guessable. Pure.

``SH26-7KQ4-M2XD-9HPT-C3WQ``: the year of issue in Shanghai, then 15 characters (73 bits) that only the holder of the
key can tell from a Record's id, and one that checks them (ISO 7064, MOD 31,30: every wrong character is found, and
99.7 % of two neighbours that changed places). The alphabet has none of 0 O 1 I L U, which are taken for each other.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime

from chalicelib import shanghai
from chalicelib.certificates.model import CertificateAnswer, IssuedAnswer, Kind, Status
from chalicelib.errors import NotFound, Text
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

    ``uncovered_grams``: how many of its grams await recovery after a reversal (docs/adr/0027). ``refund``: the Record
    that gave the points of a donation back (docs/adr/0037): it proves none any more.
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
    refund: str | None = None

    @property
    def proven(self) -> int:
        """Grams that it still proves."""
        return 0 if self.refund else self.grams

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


ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 15


class SerialMistyped(NotFound):
    detail = Text(
        "This is no serial of a certificate: its check character does not fit. Compare it with the certificate.",
        "凭证编号有误（校验位不符），请对照凭证核对后重新输入。",
    )


def serial(record: str, at: str, key: bytes) -> str:
    """The serial of the certificate that ``record`` issued at ``at``."""
    number = int.from_bytes(hmac.digest(key, f"certificate:{record}".encode(), hashlib.sha256))
    letters = ""
    for _ in range(_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters += ALPHABET[place]
    year = shanghai.clock(datetime.fromisoformat(at)).year % 100
    from stdnum.iso7064 import mod_37_36  # only what needs a serial pays for it

    return _grouped(f"SH{year:02d}{letters}{mod_37_36.calc_check_digit(letters, ALPHABET)}")


def parse_serial(text: str) -> str:
    """The serial as it was issued, however it was typed: in any case, with or without dashes.

    Raises SerialMistyped.
    """
    from stdnum.exceptions import ValidationError
    from stdnum.iso7064 import mod_37_36

    plain = re.sub(r"[-_. ]", "", text).upper()
    try:
        if not re.fullmatch(r"SH[0-9]{2}.{16}", plain):
            raise SerialMistyped()
        mod_37_36.validate(plain[4:], ALPHABET)
    except ValidationError as error:
        raise SerialMistyped() from error
    return _grouped(plain)


def _grouped(plain: str) -> str:
    return "-".join(plain[place : place + 4] for place in range(0, len(plain), 4))
