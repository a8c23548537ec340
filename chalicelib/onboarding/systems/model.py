"""What is answered about a merchant's own system. Pure."""

from chalicelib.errors import InvalidState, Text
from chalicelib.kernel.fields import Answer, Time, example
from chalicelib.partners.items import Partner, Signatures


class NoOwnSystem(InvalidState):
    detail = Text(
        "Only a third-party mall and a sub-platform have a system of their own.",
        "仅以第三方商城模式或分平台模式入驻的权益方可对接自有系统。",
    )
    remedy = Text(
        "Offers on the platform's shelf need none: read orders with GET /v1/redemptions.",
        "在平台上架权益无需对接系统：请通过 GET /v1/redemptions 查询订单。",
    )


class SystemAnswer(Answer):
    """A merchant's system as it was registered last. ``previous_public_key`` still proves its requests until
    ``previous_valid_until``. ``disabled_at``: it answered 410 then, and gets no webhooks until it is registered again.
    """

    model_config = example(
        merchant="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        at="2026-01-31T08:00:00.000Z",
        callback_url="https://mall.example.com/carbon-points",
        public_key="whpk_3IFg0BVFP1IH9PiW9E3swL1MH5uvzBuh8Ndtk6p0G0U=",
        previous_public_key=None,
        previous_valid_until=None,
        signatures="optional",
        consent_redirects=["https://mall.example.com/consented"],
        disabled_at=None,
    )

    merchant: str
    at: Time
    callback_url: str
    public_key: str
    previous_public_key: str | None
    previous_valid_until: Time | None
    signatures: Signatures
    consent_redirects: tuple[str, ...]
    disabled_at: Time | None


class ConsentRedirects(Answer):
    """Where the code of a consent for this merchant may go by itself: to these addresses, letter by letter, and to no
    others.
    """

    model_config = example(consent_redirects=["https://mall.example.com/consented"])

    consent_redirects: tuple[str, ...]


def to_answer(partner: Partner) -> SystemAnswer:
    """A system as its merchant and the exchange see it."""
    previous = partner.previous
    return SystemAnswer(
        **{name: value for name, value in vars(partner).items() if name != "previous"},
        previous_public_key=previous.public_key if previous else None,
        previous_valid_until=previous.valid_until if previous else None,
    )
