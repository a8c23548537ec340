"""Certificates that rest on reversed grams are flagged, never silently kept; a repaid debt takes the flag away."""

import itertools
from typing import Any

import pytest

from chalicelib.coverage import actions, model, queries, reactions
from chalicelib.errors import Unavailable
from chalicelib.kernel import settle
from chalicelib.reconciliation import flags as reconciled
from tests import books
from tests.officials import done
from tests.world import World

AUDITOR: dict[str, Any] = {"role": "auditor", "sub": "auditor"}


def trip(world: World, account: str, points: int) -> str:
    answer = world.report(account, str(points), scenario="walk")
    assert answer.status == 201, answer
    return str(answer.body["id"])


def undo(world: World, reduction: str) -> None:
    body = {"reason": "no such trip", "evidence_sha256": "0" * 64}
    assert world.post(f"/v1/reductions/{reduction}/reverse", body, role="bureau", sub="bureau").status == 200


def cancel(world: World, points: int, sub: str = "alice") -> str:
    answer = world.post("/v1/cancellations", {"points": points, "purpose": "flight"}, role="individual", sub=sub)
    assert answer.status == 201, answer
    return str(answer.body["certificate"]["serial"])


def seen(world: World, serial: str) -> dict[str, Any]:
    answer = world.get(f"/v1/certificates/{serial}")
    assert answer.status == 200, answer
    return dict(answer.body)


def flags(world: World, *serials: str) -> list[int]:
    return [seen(world, serial)["uncovered_grams"] for serial in serials]


def listed(world: World, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = world.get("/v1/certificates", uncovered="true", **AUDITOR, **params, **cursor).body
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def settled(world: World) -> dict[str, int]:
    """Each flagged certificate, once the stream has come (twice). They never add up to more than the supply says."""
    world.stream()
    world.stream()
    books.check(world)
    found = {item["serial"]: item["uncovered_grams"] for item in listed(world)}
    assert 0 < sum(found.values()) <= world.get("/v1/supply").body["grams_uncovered"] or not found
    assert all(seen(world, serial)["uncovered_grams"] == grams for serial, grams in found.items())
    assert list(reconciled.differences(books.audited(world.items()))) == []
    return found


@pytest.mark.engine
def test_a_reversal_flags_the_certificate_and_the_next_trips_take_the_flag_away(world: World) -> None:
    account = world.rich(points=100)
    false = trip(world, account, 400)
    serial = cancel(world, 500)
    world.stream()
    before = seen(world, serial)
    undo(world, false)
    assert settled(world) == {serial: 400}
    flagged = seen(world, serial)
    assert flagged == before | {"uncovered_grams": 400}  # what was signed stays, the signature too
    trip(world, account, 150)
    assert settled(world) == {serial: 250}
    trip(world, account, 300)
    assert settled(world) == {}
    assert seen(world, serial) == before
    assert world.points() == 50
    history = [each for each in world.records() if each["kind"] == "certificates_flagged"]
    assert len(history) == 3  # one for each change, however often the stream came


def test_the_latest_certificate_bears_first(world: World) -> None:
    account = world.rich(points=100)
    false = trip(world, account, 200)
    serials = [cancel(world, points) for points in (150, 50, 100)]
    undo(world, false)
    assert settled(world) == {serials[2]: 100, serials[1]: 50, serials[0]: 50}
    trip(world, account, 120)
    assert settled(world) == {serials[2]: 80}


def test_certificates_bear_before_what_was_redeemed_and_the_rest_of_the_debt_has_none(world: World) -> None:
    world.merchant()
    account = world.rich(points=100)
    false = trip(world, account, 1000)
    serial = cancel(world, 100)
    world.redeem(world.offer(points=1000), points=1000)
    undo(world, false)
    assert settled(world) == {serial: 100}
    trip(world, account, 950)
    assert settled(world) == {serial: 50}


def test_who_has_no_certificate_leaves_no_trace(world: World) -> None:
    world.merchant()
    account = world.rich(points=100)
    false = trip(world, account, 900)
    world.redeem(world.offer(points=1000), points=1000)
    undo(world, false)
    assert settled(world) == {}
    assert not [item for item in world.items() if item["sk"]["S"] == "coverage"]
    assert "certificates_flagged" not in {record["kind"] for record in world.records()}


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))])
def test_records_may_come_in_any_order(world: World, order: tuple[int, ...]) -> None:
    account = world.rich(points=10)
    false = [trip(world, account, points) for points in (300, 200)]
    serials = [cancel(world, points) for points in (410, 100)]
    undo(world, false[0])
    trip(world, account, 250)
    undo(world, false[1])
    trip(world, account, 30)
    moved = sorted(world.records(), key=lambda record: record["at"])[-4:]
    by_id = {item["pk"]["S"].removeprefix("record:"): item for item in world.items() if item["sk"] == {"S": "record"}}
    world.stream([by_id[moved[place]["id"]] for place in order])
    assert flags(world, *serials) == [120, 100]
    assert settled(world) == {serials[0]: 120, serials[1]: 100}


def test_the_debt_that_moves_while_flags_are_written_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = world.rich(points=10)
    false = trip(world, account, 300)
    serial = cancel(world, 310)
    undo(world, false)
    read, waiting = queries.debtor, [120, 50]

    def read_and_overtaken(id: str) -> queries.Debtor:
        found = read(id)
        if waiting:
            trip(world, account, waiting.pop())
        return found

    monkeypatch.setattr(queries, "debtor", read_and_overtaken)
    world.stream()
    assert (waiting, flags(world, serial)) == ([], [130])
    assert settled(world) == {serial: 130}


def test_two_who_flag_at_once_end_with_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "PAGE", 1)
    account = world.rich(points=10)
    false = trip(world, account, 25)
    serials = [cancel(world, points) for points in (15, 10, 10)]
    undo(world, false)
    stale = queries.debtor(account)
    assert settled(world) == {serials[2]: 10, serials[1]: 10, serials[0]: 5}
    before = world.items()
    with pytest.raises(actions.Moved):
        reactions._flag(stale, "another Record")
    trip(world, account, 25)  # repaid, used and reversed once more: the same debt, another certificate
    assert settled(world) == {}
    stale = queries.debtor(account)
    false = trip(world, account, 25)
    serials.append(cancel(world, 25))
    undo(world, false)
    assert settled(world) == {serials[3]: 25}
    reactions._flag(stale, "a Record of long ago")  # what it read asked for no change
    assert settled(world) == {serials[3]: 25}
    assert len(world.items()) > len(before)


def test_a_person_with_many_certificates_is_flagged_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "PAGE", 2)
    account = world.rich(points=1)
    false = trip(world, account, 70)
    serials = [cancel(world, 10) for _ in range(7)]
    undo(world, false)
    assert settled(world) == dict.fromkeys(serials[1:], 10) | {serials[0]: 9}
    assert [item["serial"] for item in listed(world, limit=3)] == [item["serial"] for item in listed(world)]
    trip(world, account, 35)
    assert settled(world) == {serials[6]: 10, serials[5]: 10, serials[4]: 10, serials[3]: 4}
    trip(world, account, 35)
    assert settled(world) == {}


def test_a_worker_that_dies_between_two_pages_is_followed_by_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "PAGE", 1)
    account = world.rich(points=1)
    false = trip(world, account, 29)
    serials = [cancel(world, 10) for _ in range(3)]
    undo(world, false)
    assert settled(world) == {serials[2]: 10, serials[1]: 10, serials[0]: 9}
    trip(world, account, 19)

    alive, once = settle.perform, iter([True])

    def dies_at_the_second_page(record: str, decide: Any) -> Any:
        if next(once, False):
            return alive(record, decide)
        raise Unavailable()

    with monkeypatch.context() as patch:
        patch.setattr(reactions, "perform", dies_at_the_second_page)
        with pytest.raises(AssertionError, match="batchItemFailures"):
            world.stream()
    assert sum(flags(world, *serials)) == 19
    assert settled(world) == {serials[2]: 10}


def test_a_donation_is_flagged_and_so_is_the_certificate_of_its_campaign(world: World) -> None:
    world.merchant()
    account = world.rich(points=100)
    false = trip(world, account, 400)
    body = {
        "title": "t", "purpose": "event", "description": "d", "target_grams": 9, "ends_at": "2097-01-01T00:00:00Z",
    }  # fmt: skip
    campaign = world.post("/v1/campaigns", body, role="institution", sub="shop").body["id"]
    world.post(f"/v1/campaigns/{campaign}/approve", role="exchange", sub="exchange")
    given = world.post("/v1/donations", {"campaign": campaign, "points": 450}, role="individual", sub="alice")
    donation = given.body["certificate"]["serial"]
    undo(world, false)
    assert settled(world) == {donation: 350}
    assert [item["campaign"] for item in listed(world)] == [campaign]
    closed = world.post(f"/v1/campaigns/{campaign}/close", role="institution", sub="shop")
    serial = closed.body["certificate"]["serial"]
    assert flags(world, serial) == [350]
    trip(world, account, 300)
    assert settled(world) == {donation: 50}
    assert flags(world, donation, serial) == [50, 50]
    trip(world, account, 50)
    assert settled(world) == {}
    assert flags(world, donation, serial) == [0, 0]


def test_an_institution_s_retirement_is_flagged(world: World) -> None:
    shop = world.institution()
    world.rich(points=1)
    false = trip(world, shop, 700)
    body = {"grams": 600, "purpose": "voluntary", "beneficiary": "示例商贸"}
    retired = world.post("/v1/retirements", body, role="institution", sub="shop")
    serial = retired.body["certificate"]["serial"]
    undo(world, false)
    assert settled(world) == {serial: 600}
    trip(world, shop, 1000)
    assert settled(world) == {}


def test_the_flag_follows_a_person_to_the_account_that_she_opens_later(world: World) -> None:
    account = world.rich(points=100)
    false, other = trip(world, account, 200), trip(world, account, 50)
    serial = cancel(world, 350)
    assert world.close().status == 200
    undo(world, false)
    assert settled(world) == {serial: 200}
    later = world.person("alice-2")
    assert settled(world) == {serial: 200}
    trip(world, later, 120)
    assert settled(world) == {serial: 80}
    undo(world, other)  # reported to the first account, owed by the second
    assert settled(world) == {serial: 130}
    trip(world, later, 150)
    assert settled(world) == {}
    second = cancel(world, 20, "alice-2")
    last = trip(world, later, 60)
    third = cancel(world, 60, "alice-2")
    assert world.close("alice-2").status == 200
    world.person()  # the first login again
    undo(world, last)
    assert settled(world) == {third: 60}
    assert flags(world, serial, second) == [0, 0]
    trip(world, account, 60)
    assert settled(world) == {}


def test_the_flag_follows_a_person_to_a_new_login(world: World) -> None:
    account = world.rich(points=100)
    false, other = trip(world, account, 200), trip(world, account, 50)
    serial = cancel(world, 350)
    undo(world, false)
    assert settled(world) == {serial: 200}
    done(world, "rebind", account, new_sub="alice-2")
    assert settled(world) == {serial: 200}
    undo(world, other)
    assert settled(world) == {serial: 250}
    trip(world, world.me("alice-2")["id"], 250)
    assert settled(world) == {}


def test_page_and_sheet_say_it_in_both_languages_apart_from_what_is_signed(world: World) -> None:
    account = world.rich(points=100)
    false = trip(world, account, 1200)
    serial = cancel(world, 1300)
    path = f"/v1/certificates/{serial}"
    world.stream()
    html, pdf = {"Accept": "text/html"}, {"Accept": "application/pdf"}
    plain = {accept["Accept"]: world.get(path, headers=accept) for accept in (html, pdf)}
    assert 'id="uncovered"' not in plain["text/html"].body.decode()
    undo(world, false)
    settled(world)
    flagged = world.get(path, headers=html | {"If-None-Match": plain["text/html"].headers["ETag"]})
    assert flagged.status == 200  # no copy says any longer that all is covered
    page = flagged.body.decode()
    [note] = [line for line in page.splitlines() if 'id="uncovered"' in line]
    assert "1,200 克" in note
    assert "1,200 await recovery" in note
    assert "data-claim" not in note
    claims = [line for line in page.splitlines() if "data-claim" in line]
    assert claims == [line for line in plain["text/html"].body.decode().splitlines() if "data-claim" in line]
    sheet = world.get(path, headers=pdf)
    assert sheet.headers["ETag"] != plain["application/pdf"].headers["ETag"]


def test_only_officials_and_the_auditor_list_them(world: World) -> None:
    account = world.rich(points=100)
    false = trip(world, account, 400)
    serial = cancel(world, 500)
    assert listed(world) == []
    undo(world, false)
    settled(world)
    [item] = world.get("/v1/certificates", role="bureau", sub="bureau").body["items"]
    assert item == {
        "serial": serial, "url": seen(world, serial)["url"], "kind": "cancellation", "holder": "王**",
        "campaign": None, "grams": 500, "uncovered_grams": 400, "issued_at": seen(world, serial)["issued_at"],
        "status": "valid",
    }  # fmt: skip
    assert world.get("/v1/certificates", role="individual", sub="alice").code == "role_not_allowed"
    wrong = world.get("/v1/certificates", uncovered="false", **AUDITOR)
    assert (wrong.refused, wrong.pointers) == ((422, "invalid_request"), ["/uncovered"])
    assert world.get("/v1/certificates").status == 401


def test_a_revoked_certificate_keeps_its_part(world: World) -> None:
    account = world.rich(points=100)
    false = trip(world, account, 100)
    first, last = cancel(world, 100), cancel(world, 100)
    undo(world, false)
    assert settled(world) == {last: 100}
    revoked = world.post(f"/v1/certificates/{last}/revoke", {"reason": "x"}, role="exchange", sub="exchange")
    assert revoked.status == 200
    assert settled(world) == {last: 100}
    assert flags(world, first) == [0]
    assert listed(world)[0]["status"] == "revoked"
