"""Runs, lots and retirements. Pure."""

from typing import Literal

from chalicelib.agenda.model import Agenda
from chalicelib.certificates.model import SERIAL, URL, IssuedAnswer
from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.fields import Amount, Answer, Body, Paged, ShortText, Time, example
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.table import keys
from chalicelib.transitions import Step

TONNE = 1_000_000  # points, and grams, in a tonne (guide §6)
LANES = 64  # sums of a run: an item takes about ten transactions a second
COUNTING_LANES = 8  # those of them that count parts, so that few are read to see whether a run is at its end
PART_MERCHANTS = 25  # merchants a message: seconds of work, well within the queue's visibility
PARTS_AT_ONCE = 40  # planned in one transaction, by one message: a thousand merchants
HINT_DAYS = 2  # before that of its start: a day between runs, and one for a run that did not happen
SYSTEM_ROLE = "system"  # the schedule and the workers

STEPS = (
    Step("planning", "plan", "running", (SYSTEM_ROLE, EXCHANGE)),
    Step("running", "finish", "finished", (SYSTEM_ROLE,)),
)


class RunAnswer(Answer):
    """A buy-back run. ``merchants``, ``points`` and ``tonnes`` are of the lots paid so far, final once finished."""

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        status="finished",
        merchants=12,
        points=31_000_000,
        tonnes=31,
        started_at="2026-03-01T18:00:00.000Z",
        finished_at="2026-03-01T18:00:07.512Z",
    )

    id: str
    status: Literal["planning", "running", "finished"]
    merchants: int
    points: int
    tonnes: int
    started_at: Time
    finished_at: Time | None


class RunParams(Paged):
    """Pages of runs."""


class LotParams(Paged):
    """Pages of lots."""


class LotAnswer(Answer):
    """What one run paid one merchant: whole tonnes for points; ``grams`` were added to its account.

    Of a merchant that left, the last one is for every point that it still had: ``run`` is its departure's id then.
    """

    id: str
    run: str
    points: int
    tonnes: int
    grams: int
    at: Time


SELLERS = Agenda("sellers", seconds=86_400, lanes=8, late_seconds=900)  # merchants that sold something, by the day


class PartAnswer(Answer):
    """What the Record of a part's step keeps: how many merchants the part has."""

    merchants: int


class NewRetirement(Body):
    """Bought-back grams are used up for good, for someone's claim."""

    model_config = example(grams=1_000_000, purpose="neutrality", beneficiary="2026 上海马拉松")

    grams: Amount
    purpose: Literal["voluntary", "neutrality", "offset"]
    beneficiary: ShortText


class RetirementAnswer(Answer):
    """A retirement and its certificate."""

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        grams=1_000_000,
        purpose="neutrality",
        beneficiary="2026 上海马拉松",
        at="2026-03-02T08:00:00.000Z",
        certificate={"serial": SERIAL, "url": URL},
    )

    id: str
    grams: int
    purpose: Literal["voluntary", "neutrality", "offset"]
    beneficiary: str
    at: Time
    certificate: IssuedAnswer


def lot_id(run: str, merchant: str) -> str:
    """One run pays one merchant once."""
    return keys.digest("lot", run, merchant)


def exchange(merchant: str, tonnes: int) -> Transfer:
    """Points go back to the pool, the grams that backed them to the merchant."""
    name, amount = keys.holder(merchant), tonnes * TONNE
    return Transfer("buy_back", (Posting(name, keys.POOL, amount, POINTS), Posting(keys.POOL, name, amount, GRAMS)))


def retirement(institution: str, grams: int) -> Transfer:
    """Grams are used up."""
    return Transfer("retirement", (Posting(institution, keys.RETIRED, grams, GRAMS),))
