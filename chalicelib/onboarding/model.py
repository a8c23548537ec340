"""What is asked of applications, what is stated at their steps, and where they are then. Pure."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.config import JsonDict

from chalicelib.kernel.fields import Answer, Body, Day, LongText, Moment, Paged, Sha256, example
from chalicelib.merchants.model import Mode
from chalicelib.onboarding.items import Kind, Status
from chalicelib.outside.redirects import RedirectUris
from chalicelib.partners.items import Signatures

_REASONED: JsonDict = {"required": ["comment"], "properties": {"comment": {"type": "string"}}}


class Endorsement(Body):
    """What the operator of a sub-platform decides on a merchant that would join beneath it."""

    model_config = example(
        {"if": {"properties": {"outcome": {"const": "return"}}}, "then": _REASONED},
        outcome="endorse",
        comment="A shop of our district",
    )

    outcome: Literal["endorse", "return"]
    comment: Annotated[LongText | None, Field(description="Needed where it is returned")] = None


class Review(Body):
    """What the exchange found (guide §7.3). Only what is complete, in form and reliable passes."""

    model_config = example(
        {
            "if": {"properties": {"outcome": {"const": "pass"}}},
            "then": {
                "properties": {name: {"const": True} for name in ("completeness", "conformity", "reliability")},
            },
            "else": _REASONED,
        },
        outcome="pass",
        completeness=True,
        conformity=True,
        reliability=True,
        comment="Materials in order",
    )

    outcome: Literal["pass", "return", "reject"]
    completeness: bool
    conformity: bool
    reliability: bool
    comment: Annotated[LongText | None, Field(description="Needed unless it passes")] = None


class Opinion(Body):
    """The exchange's opinion on admission, for the bureau."""

    model_config = example(conclusion="favourable", text="Stock and service suit the scheme's accounts")

    conclusion: Literal["favourable", "unfavourable"]
    text: LongText


class Acknowledgement(Body):
    """The bureau files the opinion. For the mode ``other`` it confirms or refuses the mode."""

    model_config = example(outcome="accept", comment="Filed as 2026-17")

    outcome: Literal["accept", "refuse"] = "accept"
    comment: LongText | None = None


class Agreement(Body):
    """The cooperation agreement that was signed: the hash of its file, when, and until when it is valid."""

    model_config = example(sha256="9f86d081884c7d65" * 4, signed_at="2026-03-01T08:00:00Z", ends_on="2029-02-28")

    sha256: Sha256
    signed_at: Annotated[Moment, Field(description="RFC 3339 with its offset; not in the future")]
    ends_on: Annotated[Day | None, Field(description="Its last day, in Shanghai; not past. Null: no end")] = None


class Integration(Body):
    """The applicant's own system: where it is called, and the key that proves it (docs/onboarding.md)."""

    model_config = example(
        callback_url="https://mall.example.com/carbon-points",
        public_key="whpk_3IFg0BVFP1IH9PiW9E3swL1MH5uvzBuh8Ndtk6p0G0U=",
    )

    callback_url: Annotated[
        str, Field(pattern=r"^https?://[\x21-\x7e]{1,500}$", description="Public, https, on port 443 or 8443")
    ]
    public_key: Annotated[
        str,
        Field(
            pattern=r"^[\x21-\x7e]{1,200}$",
            description="`whpk_` and the base64 of an ed25519 public key. Another one fails the handshake",
            json_schema_extra={"pattern": "^whpk_[A-Za-z0-9+/]{43}=$"},
        ),
    ]
    signatures: Annotated[
        Signatures | None,
        Field(description="`required`: requests about holds must be signed (RFC 9421). Left out, it stays as it is"),
    ] = None
    consent_redirects: Annotated[
        RedirectUris | None, Field(description="They replace those that were registered. Left out, these stay")
    ] = None


class ApplicationParams(Paged):
    """Filters of the queue."""

    status: Status | None = None
    mode: Mode | None = None


class ApplicationState(Answer):
    """Where an application is now. ``next_actions`` are the caller's."""

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        mode="event",
        status="draft",
        required_documents=["application_form", "business_licence", "legal_person_identity", "credit_report"],
        next_actions=["documents", "submit", "withdraw"],
    )

    id: str
    mode: Mode
    status: Status
    required_documents: list[Kind]
    next_actions: list[str]
