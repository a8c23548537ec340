"""Cancellations. Pure."""

from chalicelib.certificates.model import SERIAL, URL, IssuedAnswer
from chalicelib.kernel.fields import Amount, Answer, Body, Paged, ShortText, Time, example
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.table import keys


class NewCancellation(Body):
    """A person gives up points for good. ``purpose`` is public: it stands on the certificate."""

    model_config = example(points=5000, purpose="抵消我的上海至北京出行")

    points: Amount
    purpose: ShortText


class CancellationParams(Paged):
    """Pages of cancellations."""


class CancellationAnswer(Answer):
    """What was cancelled, and the certificate that proves it."""

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        at="2026-01-31T08:00:00.000Z",
        points=5000,
        grams=5000,
        certificate={"serial": SERIAL, "url": URL},
    )

    id: str
    at: Time
    points: int
    grams: int
    certificate: IssuedAnswer


def cancellation(person: str, points: int) -> Transfer:
    """The points go out of circulation, and the grams that backed them are retired: 1 point is 1 gram (guide §4)."""
    taken = Posting(person, keys.POOL, points, POINTS)
    return Transfer("cancellation", (taken, Posting(keys.POOL, keys.RETIRED, points, GRAMS)))
