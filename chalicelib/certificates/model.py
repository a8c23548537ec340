"""What a certificate says, and what of it is signed. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.fields import Answer, Body, Params, ShortText, Time, example
from chalicelib.provenance.mix import MixPart
from chalicelib.transitions import Step

Kind = Literal["cancellation", "donation", "campaign", "retirement"]
Status = Literal["valid", "revoked"]
SERIAL = "SH26-7KQ4-M2XD-9HPT-C3WQ"
URL = f"https://example.org/v1/certificates/{SERIAL}"
STEPS = (Step("valid", "revoke", "revoked", (EXCHANGE,)),)

# What is signed under its own name, where the certificate has it; serial, issuer and time have names of the JWT's
FACTS = ("kind", "holder", "beneficiary", "grams", "points", "purpose", "issued_at")
DETAILS = ("title", "campaign", "donors", "scenarios", "methodologies")


class IssuedAnswer(Answer):
    """A certificate, and the page where anyone may read and verify it."""

    model_config = example(serial=SERIAL, url=URL)

    serial: str
    url: str


class MixSource(Answer):
    """How a mix is found: the certificate's grams follow ``grams_before`` others in the mix of the ``month`` in which
    they were retired (`GET /v1/mixes/{month}`), or, of a donation, in that of the campaign's ``certificate``.
    """

    month: str
    certificate: Annotated[str | None, Field(description="Serial")] = None
    grams_before: int = 0


class CertificateAnswer(IssuedAnswer):
    """What anyone may read. ``jws`` signs all of it but its status, ``uncovered_grams`` and ``mix``; null for a moment
    after the issue.

    ``uncovered_grams``: grams that await recovery, because reductions were reversed after their points had been used;
    0 where all are covered. A campaign's are those that its donors owe.
    ``mix``: the grams by colour, the oldest first; null until ``mix_from``, which is null while a campaign collects.
    """

    model_config = example(
        serial=SERIAL,
        url=URL,
        issuer="https://example.org",
        kind="cancellation",
        holder="王**",
        beneficiary=None,
        grams=5000,
        points=5000,
        purpose="抵消我的上海至北京出行",
        issued_at="2026-01-31T08:00:00.000Z",
        title=None,
        campaign=None,
        donors=None,
        scenarios=None,
        methodologies=None,
        status="valid",
        reason=None,
        revoked_at=None,
        uncovered_grams=0,
        jws="eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJTSDI2In0.c2lnbmF0dXJl",
        mix=[
            {"month": "2025-12", "scenario": "metro", "methodology": "SHCER-01", "grams": 1200},
            {"month": "2026-01", "scenario": "metro", "methodology": "SHCER-01", "grams": 3800},
        ],
        mix_source={"month": "2026-01", "certificate": None, "grams_before": 120_400},
        mix_from="2026-02-01T16:00:00.000Z",
    )

    issuer: str
    kind: Kind
    holder: str
    beneficiary: str | None
    grams: int
    points: int
    purpose: str
    issued_at: Time
    title: str | None = None
    campaign: str | None = None
    donors: int | None = None
    scenarios: list[str] | None = None
    methodologies: list[str] | None = None
    status: Status
    reason: str | None = None
    revoked_at: Time | None = None
    uncovered_grams: int = 0
    jws: str | None = None
    mix: list[MixPart] | None = None
    mix_source: MixSource | None = None
    mix_from: Time | None = None


class SerialParams(Params):
    """A serial as somebody typed it."""

    serial: Annotated[str, Field(max_length=64)] = ""


class Revoking(Body):
    """Why the certificate is not valid any more; public."""

    model_config = example(reason="方法学核查发现数据有误")

    reason: ShortText


class RevokedAnswer(Answer):
    """The certificate's state. Grams that were retired stay retired."""

    model_config = example(
        serial=SERIAL, status="revoked", reason="方法学核查发现数据有误", revoked_at="2026-02-01T08:00:00.000Z"
    )

    serial: str
    status: Literal["revoked"]
    reason: str
    revoked_at: Time


class Jwk(Answer):
    """A public key (RFC 7517)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    use: Literal["sig"]
    alg: Literal["ES256"]
    kid: str


class Jwks(Answer):
    """The keys that verify every certificate, old ones included."""

    model_config = example(
        keys=[
            {
                "kty": "EC",
                "crv": "P-256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                "use": "sig",
                "alg": "ES256",
                "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
            }
        ]
    )

    keys: list[Jwk]


def claims(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """What is signed of a certificate (its attributes, or its JSON): all that never changes, named as in a JWT."""
    issued = int(datetime.fromisoformat(certificate["issued_at"]).timestamp())
    registered = {"iss": certificate["issuer"], "jti": certificate["serial"], "iat": issued}
    private = {name: certificate.get(name) for name in (*FACTS, *DETAILS)}
    return registered | {name: value for name, value in private.items() if value is not None}
