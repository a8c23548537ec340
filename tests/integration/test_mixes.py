"""Mass balance: certificates name where their grams come from, and it all adds up to what was issued."""

import json
from collections import Counter
from typing import Any

import pytest
from jwt.utils import base64url_decode, base64url_encode

from chalicelib.provenance import queries, worker
from chalicelib.signing import jose
from chalicelib.signing.jws import SignerAway, jwks
from chalicelib.table.write import decode, encode
from tests.books import differing
from tests.clock import Calendar
from tests.integration.test_campaigns import approved, close, donate
from tests.world import CODES, PEOPLE, World

JANUARY, FEBRUARY, MARCH, APRIL = (f"2026-{month:02d}-15T08:00:00+08:00" for month in (1, 2, 3, 4))
Mix = dict[tuple[str | None, str | None], int]


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    return Calendar(monkeypatch, JANUARY)


@pytest.fixture
def city(world: World, calendar: Calendar) -> World:
    """In January, 900 g of walking and 300 g of cycling, of trips in January but for 100 g of December."""
    world.institution()
    alice = world.person()
    world.scenario("walk", grams_per_unit="1", unit="m")
    world.scenario("bike", grams_per_unit="1", unit="m")
    for scenario, grams, at in (("walk", 800, JANUARY), ("bike", 300, JANUARY), ("walk", 100, "2025-12-31T15:00:00Z")):
        assert world.report(alice, str(grams), scenario=scenario, occurred_at=at).status == 201
    return world


def cancel(world: World, points: int, sub: str = "alice") -> str:
    body = {"points": points, "purpose": "trip"}
    answer = world.post("/v1/cancellations", body, role="individual", sub=sub)
    return str(answer.body["certificate"]["serial"])


def certificate(world: World, serial: str, **options: Any) -> Any:
    return world.get(f"/v1/certificates/{serial}", **options).body


def mix(world: World, serial: str) -> Mix:
    return {(each["month"], each["scenario"]): each["grams"] for each in certificate(world, serial)["mix"]}


def total(mixes: list[Mix]) -> Mix:
    sums: Counter[tuple[str | None, str | None]] = Counter()
    for each in mixes:
        sums.update(each)
    return dict(sums)


def sound(world: World) -> None:
    world.stream()
    assert differing(world.items()) == []


def test_a_certificate_names_its_mix_once_the_month_is_closed(city: World, calendar: Calendar) -> None:
    serials = [cancel(city, points) for points in (150, 1, 349)]
    city.stream()
    early = certificate(city, serials[0])
    assert (early["mix"], early["mix_source"], early["mix_from"]) == (None, None, "2026-02-01T16:00:00.000Z")
    calendar.now = FEBRUARY
    late = city.get(f"/v1/certificates/{serials[0]}")
    assert late.body["mix_source"]["month"] == "2026-01"
    assert {name: late.body[name] for name in early if not name.startswith("mix")} == {
        name: early[name] for name in early if not name.startswith("mix")
    }
    mixes = [mix(city, each) for each in serials]
    assert [sum(each.values()) for each in mixes] == [150, 1, 349]
    assert total(mixes) == {("2025-12", "walk"): 100, ("2026-01", "walk"): 291, ("2026-01", "bike"): 109}
    stated = city.get("/v1/mixes/2026-01").body
    assert total(mixes) == {(each["month"], each["scenario"]): each["grams"] for each in stated["mix"]["parts"]}
    assert json.loads(jose.verify(stated["jws"], jose.key_set(json.dumps(jwks())))) == stated["mix"]
    sound(city)


def test_a_month_opens_with_what_the_one_before_left(city: World, calendar: Calendar) -> None:
    cancel(city, 400)
    calendar.now = MARCH
    second = cancel(city, 500)
    city.report(city.me()["id"], "600", scenario="walk", occurred_at=MARCH)
    sound(city)
    calendar.now = APRIL
    assert total([mix(city, second)]) == {("2026-01", "walk"): 364, ("2026-01", "bike"): 136}
    report = city.get("/v1/reports/2026-03", role="bureau", sub="bureau").body["report"]
    names = ("opening_grams", "issued_grams", "reversed_grams", "used_grams", "closing_grams")
    assert {(each["month"], each["scenario"]): [each[name] for name in names] for each in report["mix"]} == {
        ("2026-01", "walk"): [582, 0, 0, 364, 218],
        ("2026-01", "bike"): [218, 0, 0, 136, 82],
        ("2026-03", "walk"): [0, 600, 0, 0, 600],
    }
    assert city.get("/v1/mixes/2026-02").body["mix"]["grams"] == 0
    sound(city)


def test_donations_share_the_mix_of_their_campaign(city: World, calendar: Calendar) -> None:
    city.person("bob", PEOPLE[1])
    city.report(city.me("bob")["id"], "50", scenario="bike", occurred_at=JANUARY)
    campaign = approved(city)
    gifts = [donate(city, campaign, points, sub).body["certificate"]["serial"] for points, sub in
             ((333, "alice"), (50, "bob"), (17, "alice"))]  # fmt: skip
    cancel(city, 200)
    city.stream()
    calendar.now = FEBRUARY
    assert [certificate(city, gifts[0])[name] for name in ("mix", "mix_source", "mix_from")] == [None] * 3
    closed = close(city, campaign)
    city.stream()
    calendar.now = APRIL
    serial = closed.body["certificate"]["serial"]
    whole = certificate(city, serial)
    assert (whole["mix_source"]["month"], sum(mix(city, serial).values())) == ("2026-02", 400)
    assert total([mix(city, each) for each in gifts]) == mix(city, serial)
    source = certificate(city, gifts[1])["mix_source"]
    assert (source["month"], source["certificate"]) == ("2026-02", serial)
    sound(city)


def test_grams_that_are_reversed_after_their_use_are_held_less_than_none(city: World, calendar: Calendar) -> None:
    bob = city.person("bob", PEOPLE[1])
    false = city.report(bob, "500", scenario="bike", occurred_at=JANUARY).body["id"]
    used = [cancel(city, 500, "bob"), cancel(city, 1200)]
    sound(city)
    calendar.now = FEBRUARY
    assert sum(sum(mix(city, each).values()) for each in used) == 1700
    body = {"reason": "行程未发生", "evidence_sha256": "a" * 64}
    assert city.post(f"/v1/reductions/{false}/reverse", body, role="bureau", sub="bureau").status == 200
    city.report(city.me()["id"], "70", scenario="walk", occurred_at=FEBRUARY)
    alices = cancel(city, 70)
    city.stream()
    calendar.now = MARCH
    assert mix(city, alices) == {("2026-02", "walk"): 70}
    rows = city.get("/v1/reports/2026-02", role="bureau", sub="bureau").body["report"]["mix"]
    left = {(each["month"], each["scenario"]): each["closing_grams"] for each in rows}
    assert left == {("2026-01", "bike"): -500, (None, None): 500, ("2026-02", "walk"): 0}
    city.report(bob, "600", scenario="walk", occurred_at=MARCH)
    city.stream()
    calendar.now = APRIL
    rows = city.get("/v1/reports/2026-03", role="bureau", sub="bureau").body["report"]["mix"]
    left = {(each["month"], each["scenario"]): each["closing_grams"] for each in rows}
    assert left == {("2026-01", "bike"): -500, (None, None): 0, ("2026-03", "walk"): 600}
    sound(city)


def test_an_institution_s_retirement_names_the_scheme_s_mix(city: World, calendar: Calendar) -> None:
    company = city.institution("maker", CODES[1])
    city.report(company, "1000", scenario="bike", occurred_at=JANUARY)
    body = {"grams": 1000, "purpose": "neutrality", "beneficiary": "示例展会"}
    retired = city.post("/v1/retirements", body, role="institution", sub="maker")
    assert retired.status == 201, retired
    city.stream()
    calendar.now = FEBRUARY
    assert sum(mix(city, retired.body["certificate"]["serial"]).values()) == 1000
    sound(city)


def test_the_order_in_which_the_stream_comes_changes_nothing(city: World, calendar: Calendar) -> None:
    serials = [cancel(city, points) for points in (5, 60, 170)]
    items = city.items()
    for item in reversed(items):
        city.stream([item])
    city.stream()
    calendar.now = FEBRUARY
    mixes = [mix(city, each) for each in serials]
    assert [sum(each.values()) for each in mixes] == [5, 60, 170]
    assert total(mixes) == {("2025-12", "walk"): 100, ("2026-01", "walk"): 98, ("2026-01", "bike"): 37}
    sound(city)


def test_a_use_that_came_too_late_leaves_mixes_unknown_and_a_difference(city: World, calendar: Calendar) -> None:
    first = cancel(city, 5)
    city.stream()
    cancel(city, 7)
    calendar.now = FEBRUARY
    assert mix(city, first) == {("2025-12", "walk"): 5}
    city.stream()
    assert certificate(city, first)["mix"] is None
    found = differing(city.items())
    assert "mix 2026-01: grams used should be 12, is 5" in found


@pytest.mark.parametrize("missing", ["signer", "month"])
def test_a_certificate_is_shown_though_its_mix_cannot_be_made(
    city: World, calendar: Calendar, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    serial = cancel(city, 5)
    city.stream()
    certificate(city, serial)
    calendar.now = FEBRUARY
    if missing == "signer":
        monkeypatch.setattr(worker, "sign", _away)
    else:
        monkeypatch.setattr(queries, "place", lambda *_: None)
    answer = city.get(f"/v1/certificates/{serial}")
    assert (answer.status, answer.body["mix"], answer.body["mix_from"]) == (200, None, "2026-02-01T16:00:00.000Z")


def _away(*_: Any, **__: Any) -> str:
    raise SignerAway()


@pytest.mark.parametrize(
    ("month", "refused"),
    [
        ("2026-02", (409, "month_not_closed")),
        ("2026-01", (409, "month_not_closed")),
        ("2025-12", (404, "not_found")),
        ("2026-1", (404, "not_found")),
        ("x", (404, "not_found")),
    ],
)
def test_a_month_without_a_mix(city: World, month: str, refused: tuple[int, str]) -> None:
    city.stream()
    assert city.get(f"/v1/mixes/{month}").refused == refused
    assert not [item for item in city.items() if item["pk"] == {"S": "mixes"}]


def test_sums_from_before_their_lanes_had_partitions_count_with_those_of_now(city: World) -> None:
    """Half of what is there stands where it stood until 2026-11-27: all lanes in one partition a month."""
    city.stream()
    before = city.get("/v1/statistics").body, queries.flows("2026-01")
    for pk, sk in [place for place in city.store.items if place[0].startswith(("colours:", "confirmed:"))]:
        if "walk" in sk:
            month, lane = pk[:-3], pk[-2:]
            item = city.store.items.pop((pk, sk))
            place = (month, f"{sk}:{lane}")
            city.store.items[place] = dict(item) | {"pk": {"S": place[0]}, "sk": {"S": place[1]}}
    assert (city.get("/v1/statistics").body, queries.flows("2026-01")) == before
    assert sum(flow.issued for flow in queries.flows("2026-01").values()) == 1200
    cancel(city, 100)
    city.stream()
    sound(city)


PLANTED = {
    "a gram of a colour": ("colours:2026-01:", "issued"),
    "a use": ("used:2026-01:", "grams"),
    "a sum of uses": ("used:2026-01", "grams"),
    "the stated grams": ("mixes", "grams"),
}


@pytest.mark.parametrize("what", [*PLANTED, "a row", "the signed mix", "a colour for another"])
def test_the_auditor_finds_what_was_planted(city: World, calendar: Calendar, what: str) -> None:
    cancel(city, 500)
    city.stream()
    calendar.now = FEBRUARY
    assert city.get("/v1/mixes/2026-01").status == 200
    sound(city)
    items = [decode(item) or {} for item in city.items()]
    kept = next(each for each in items if each["pk"] == "mixes")
    rows = json.loads(kept["rows"])
    if what in PLANTED:
        begins, name = PLANTED[what]
        item = next(each for each in items if each["pk"].startswith(begins) and name in each)
        item[name] += 1
    elif what == "the signed mix":
        head, payload, signature = kept["jws"].split(".")
        other = base64url_encode(base64url_decode(payload).replace(b'"grams":100', b'"grams":101'))
        kept["jws"] = f"{head}.{other.decode()}.{signature}"
        assert other.decode() != payload
    else:
        rows[-1][-1] += 1  # used
        rows[-2][-1] -= what == "a colour for another"
        kept["rows"] = json.dumps(rows)
    assert differing(map(encode, items))


def uses(world: World, month: str = "2026-01", **asked: Any) -> Any:
    return world.get(f"/v1/mixes/{month}/uses", **{"role": "auditor", "sub": "auditor"} | asked)


def test_officials_see_who_retired_grams_in_a_month_that_still_runs(city: World, calendar: Calendar) -> None:
    serials = [cancel(city, 200), cancel(city, 100)]
    shop = city.me("shop", "institution")["id"]
    city.report(shop, "50", scenario="walk", occurred_at=JANUARY)
    retired = {"grams": 40, "purpose": "voluntary", "beneficiary": "b"}
    made = city.post("/v1/retirements", retired, role="institution", sub="shop")
    assert made.status == 201, made
    calendar.now = FEBRUARY
    cancel(city, 7)
    city.stream()
    found = uses(city).body["items"]
    assert [each["id"] for each in found] == sorted(each["id"] for each in found)
    kinds = {(each["kind"], each["grams"], each["institution"], each["certificate"]) for each in found}
    assert kinds == {
        ("cancellation", 200, None, serials[0]), ("cancellation", 100, None, serials[1]),
        ("retirement", 40, shop, made.body["certificate"]["serial"]),
    }  # fmt: skip
    pages, cursor = list[Any](), None
    while len(pages) < 9:
        page = uses(city, limit=1, **({"cursor": cursor} if cursor else {})).body
        pages += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert pages == found
    assert [each["grams"] for each in uses(city, "2026-02").body["items"]] == [7]
    assert uses(city, "2026-03").body["items"] == []
    assert uses(city, role="institution", sub="shop").refused == (403, "role_not_allowed")
    assert uses(city, "2026-13").refused == (404, "not_found")
