"""Whatever happens in three months: by month and colour, what was issued is held, was used, or awaits recovery.

Over HTTP. Mixes, monthly reports, statistics and the supply say the same, to the gram.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.buyback import queries, worker
from chalicelib.queues import sender
from chalicelib.reconciliation import flags
from tests import consents
from tests.books import audited
from tests.clock import Calendar
from tests.integration.test_campaigns import approved, close, donate
from tests.world import CODES, PEOPLE, Answer, World
from tests.worlds import quick_world

MONTHS = ("2026-01", "2026-02", "2026-03")
AFTER = "2026-04-15T08:00:00+08:00"
BUREAU: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
WHY = {"reason": "no such trip", "evidence_sha256": "0" * 64}
PRICE = 700_000  # two orders are a tonne and some
LIMITS: dict[str, Any] = {"points_max_order": 10**9, "points_max_day": 10**9}
Colour = tuple[str | None, str | None, str | None]
NONE: Colour = (None, None, None)

WAYS = ("trip", "trip", "order", "order", "hold", "buy_back", "cancel", "give", "record", "retire", "refund", "reverse")
STEPS = st.lists(
    st.tuples(st.sampled_from(WAYS), st.integers(1, 2_000_000), st.sampled_from(("alice", "bob"))),
    min_size=4,
    max_size=12,
)


# A merchant is paid a tonne, retires some of it, and refunds an order that it was paid for.
PAID = [
    ("order", 1, "alice"),
    ("order", 1, "bob"),
    ("buy_back", 1, "bob"),
    ("retire", 9, "alice"),
    ("refund", 2, "bob"),
]
THEN = [("hold", 40_000, "alice"), ("reverse", 0, "alice"), ("cancel", 2_000_000, "bob")]


class City:
    """Two people, a shop with a mall of its own, a maker with grams, a campaign."""

    def __init__(self, world: World, calendar: Calendar) -> None:
        self.world, self.calendar = world, calendar
        self.month(MONTHS[0])
        self.shop = consents.mall(world)
        world.scenario("walk", grams_per_unit="1", unit="m")
        world.scenario("Bike", grams_per_unit="1", unit="m", confirmation="manual")
        self.accounts = {"alice": world.person(), "bob": world.person("bob", PEOPLE[1])}
        self.accounts["maker"] = world.institution("maker", CODES[1])
        self.offer = world.offer(points=PRICE, stock=100)
        self.campaign = approved(world)
        self.grant = consents.spending(world, self.shop, **LIMITS)
        self.reductions: list[str] = []
        self.orders: list[str] = []
        self.holds: list[str] = []
        self.serials: list[tuple[str, str]] = []
        for who in self.accounts:
            self._trip(1_500_000 + len(who), who)

    def month(self, name: str) -> None:
        self.now, self.calendar.now = name, f"{name}-15T08:00:00+08:00"

    def step(self, way: str, amount: int, who: str) -> None:
        answer = getattr(self, f"_{way}")(amount, who)
        if answer is not None:
            assert answer.status < 500, answer

    def _trip(self, amount: int, who: str) -> Answer:
        """Of this month or of an old one; every other one waits for the bureau."""
        scenario, month = ("walk", "Bike")[amount % 2], ("2025-12", self.now)[amount % 3 > 0]
        at = f"{month}-02T08:00:00Z"
        answer = self.world.report(self.accounts[who], str(amount), scenario=scenario, occurred_at=at)
        if answer.body["status"] == "reported":
            answer = self.world.post(f"/v1/reductions/{answer.body['id']}/confirm", **BUREAU)
        self.reductions.append(str(answer.body["id"]))
        return answer

    def _record(self, amount: int, _: str) -> Answer:
        return self._trip(amount, "maker")

    def _reverse(self, amount: int, _: str) -> Answer | None:
        if not self.reductions:
            return None
        id = self.reductions.pop(amount % len(self.reductions))
        return self.world.post(f"/v1/reductions/{id}/reverse", WHY, **BUREAU)

    def _order(self, _: int, who: str) -> Answer:
        answer = self.world.redeem(self.offer, PRICE, sub=who)
        if answer.status == 201:
            self.orders.append(answer.body["id"])
        return answer

    def _refund(self, amount: int, _: str) -> Answer | None:
        if amount % 2 and self.holds:
            return consents.refund(self.world, self.holds[amount % len(self.holds)], 1 + amount // 40)
        return self.world.refund(self.orders.pop(amount % len(self.orders))) if self.orders else None

    def _hold(self, amount: int, _: str) -> Answer:
        """Captured in part, released, or kept."""
        reference = f"o-{next(self.world.numbers)}"
        answer = consents.hold(self.world, self.grant, points=amount // 4 + 1, order_reference=reference)
        if answer.status == 201 and amount % 3:
            end = consents.capture if amount % 3 == 1 else lambda world, id, _: consents.release(world, id)
            assert end(self.world, answer.body["id"], amount // 8 + 1).status == 200
            self.holds += [answer.body["id"]] if amount % 3 == 1 else []
        return answer

    def _buy_back(self, _: int, __: str) -> Answer:
        self.world.sweep()
        started = self.world.post("/v1/buy-back-runs", role="exchange", sub="exchange")
        worker.handle({"run": started.body["id"]}, lambda _: True)
        for part in list(queries.open_parts(started.body["id"])):
            worker.handle({"run": started.body["id"], "part": part}, lambda _: True)
        return started

    def _cancel(self, amount: int, who: str) -> Answer:
        body = {"points": amount // 4 + 1, "purpose": "x"}
        return self._certified(self.world.post("/v1/cancellations", body, role="individual", sub=who))

    def _give(self, amount: int, who: str) -> Answer:
        return donate(self.world, self.campaign, amount // 4 + 1, who)

    def _retire(self, amount: int, who: str) -> Answer:
        body = {"grams": amount // 4 + 1, "purpose": "voluntary", "beneficiary": "b"}
        sub = "shop" if who == "alice" else "maker"
        return self._certified(self.world.post("/v1/retirements", body, role="institution", sub=sub))

    def end(self) -> None:
        self._certified(close(self.world, self.campaign))

    def _certified(self, answer: Answer) -> Answer:
        if answer.status in (200, 201) and answer.body["certificate"]:  # an empty campaign has none
            self.serials.append((self.now, answer.body["certificate"]["serial"]))
        return answer


@contextmanager
def city() -> Iterator[City]:
    with quick_world() as world, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sender, "send", lambda messages, **_: None)
        yield City(world, Calendar(patch, AFTER))


def by_colour(rows: list[dict[str, Any]], name: str) -> Counter[Colour]:
    """One column of the report's mix, or the parts of a mix."""
    found: Counter[Colour] = Counter()
    for each in rows:
        found[each["month"], each["scenario"], each["methodology"]] += each[name]
    return Counter({colour: grams for colour, grams in found.items() if grams})


def one_month(world: World, month: str, before: Counter[Colour]) -> tuple[dict[str, Any], Counter[Colour]]:
    """The report, and what it leaves, once mix, report and statistics of the month agree."""
    report = world.get(f"/v1/reports/{month}", **BUREAU).body["report"]
    mix = world.get(f"/v1/mixes/{month}").body["mix"]
    [public] = world.get("/v1/statistics", **{"from": month, "until": month}).body["items"]
    rows = report["mix"]
    opening, issued, back, used, left = (
        by_colour(rows, f"{name}_grams") for name in ("opening", "issued", "reversed", "used", "closing")
    )
    assert opening == before
    colours = opening.keys() | issued.keys() | back.keys() | used.keys() | left.keys()
    assert all(left[each] == opening[each] + issued[each] - back[each] - used[each] for each in colours)
    assert by_colour(mix["parts"], "grams") == used
    assert mix["grams"] == used.total()
    assert {name: report[name] for name in public} == public
    assert mix["grams"] == public["cancelled_points"] + public["retired_grams"] + public["campaign_grams"]
    for way, grams in (("issued_grams", issued), ("reversed_grams", back)):
        stated = {(each["scenario"], each["methodology"]): each[way] for each in public["issued"] if each[way]}
        sums: Counter[tuple[str | None, str | None]] = Counter()
        for (_, scenario, methodology), amount in grams.items():
            sums[scenario, methodology] += amount
        sums.pop((None, None), None)
        assert (stated, public[way]) == (dict(sums), sums.total())
    assert issued[NONE] - back[NONE] == public["owed_grams"] - public["repaid_grams"]
    return report, left


def all_agree(of_city: City) -> None:
    """Month by month, and all of them together with the supply."""
    world, left, used = of_city.world, Counter[Colour](), Counter[Colour]()
    for month in MONTHS:
        report, left = one_month(world, month, left)
        month_used = by_colour(report["mix"], "used_grams")
        used += month_used
        named: Counter[Colour] = Counter()
        for _, serial in (each for each in of_city.serials if each[0] == month):
            named += by_colour(world.get(f"/v1/certificates/{serial}").body["mix"], "grams")
        assert named == month_used
        assert report["uncovered_grams"] == left[NONE] + used[NONE]
    supply = world.get("/v1/supply").body
    assert left.total() == supply["grams_backing"] + supply["grams_held"]
    assert used.total() == supply["grams_retired"]
    assert left.total() + used.total() == supply["grams_confirmed"]
    assert left[NONE] + used[NONE] == supply["grams_uncovered"]
    found = audited(world.items())
    assert [str(each) for each in (*found.findings.named, *flags.differences(found))] == []


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
@given(st.lists(STEPS, min_size=3, max_size=3))
def test_what_was_issued_is_held_or_used_or_awaits_recovery(months: list[Any]) -> None:
    lived(months)


def test_a_merchant_that_was_paid_retires_grams_and_refunds_what_it_was_paid_for() -> None:
    [january, february, _] = lived([PAID, THEN, [("refund", 2, "bob")]])
    assert (january["lots"], january["bought_back_points"], january["refunded_points"]) == (1, 1_000_000, PRICE)
    assert all(january[name] > 0 for name in ("retired_grams", "issued_grams"))
    assert all(february[name] > 0 for name in ("reversed_grams", "owed_grams", "cancelled_points", "redeemed_points"))


def lived(months: list[Any]) -> list[dict[str, Any]]:
    """The reports of the months, once all of them agree."""
    with city() as made:
        for name, steps in zip(MONTHS, months, strict=True):
            made.month(name)
            for step in steps:
                made.step(*step)
            made.world.stream()
        made.end()
        for _ in range(2):  # what follows from what follows
            made.world.stream()
        made.calendar.now = AFTER
        all_agree(made)
        return [made.world.get(f"/v1/reports/{month}", **BUREAU).body["report"] for month in MONTHS]
