"""Every command of the contract, ready to be sent once: what is common to all of them is tested on each."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from chalicelib.batches import actions as batches
from chalicelib.batches.items import Batch, Intake, Lane, Progress
from chalicelib.files import client
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive, perform
from chalicelib.ledger.actions import post
from chalicelib.ledger.model import GRAMS, Posting, Transfer
from chalicelib.merchants import queries as merchants
from chalicelib.partners import actions as partners
from chalicelib.partners.model import event as webhook
from chalicelib.settings import settings
from chalicelib.supervision.duties import actions as duties
from chalicelib.supervision.duties.items import Duties
from chalicelib.table import keys, read
from chalicelib.table.row import load
from chalicelib.table.write import put, update
from tests import consents
from tests.desk import PARTNER_SYSTEM, PASSED, PLANS, SIGNED, Desk
from tests.numbers import born_years_ago, identity_number_of
from tests.partner import register
from tests.platforms import platform
from tests.world import AT, CODES, PEOPLE, World


class Ready(NamedTuple):
    """A command that will be accepted.

    ``other`` is a body that would be accepted as well, None where there is none; ``records`` is what it leaves.
    """

    method: str
    path: str
    body: dict[str, Any]
    role: str
    sub: str
    other: dict[str, Any] | None = None
    records: int = 1


def _open(world: World) -> Ready:
    body = {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]}
    return Ready("POST", "/v1/accounts", body, "individual", "alice", body | {"name": "王小红"})


def _close(world: World) -> Ready:
    world.person()
    return Ready("POST", "/v1/accounts/me/close", {}, "individual", "alice")


def _correct(world: World) -> Ready:
    world.person()
    return Ready("PATCH", "/v1/accounts/me", {"name": "李小明"}, "individual", "alice", {"name": "张小明"})


def _consent_for_ward(world: World) -> Ready:
    world.person()
    child = identity_number_of(born_years_ago(8))
    body = {"identity_number": child, "name": "王小宝", "own_identity_number": PEOPLE[0]}
    return Ready("POST", "/v1/accounts/me/wards", body, "individual", "alice", body | {"name": "李小宝"})


def _withdraw_ward(world: World) -> Ready:
    ready = _consent_for_ward(world)
    ward = world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body["id"]
    return Ready("POST", f"{ready.path}/{ward}/withdraw", {}, "individual", "alice")


def _propose_procedure(world: World) -> Ready:
    body = {"kind": "rebind", "account": world.person(), "reason": "lost", "evidence_sha256": "0" * 64}
    body |= {"new_sub": "alice-2"}
    return Ready("POST", "/v1/procedures", body, "exchange", "exchange", body | {"new_sub": "alice-3"})


def _procedure(world: World) -> str:
    ready = _propose_procedure(world)
    return f"{ready.path}/{world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body['id']}"


def _approve_procedure(world: World) -> Ready:
    return Ready("POST", f"{_procedure(world)}/approve", {}, "bureau", "bureau")


def _reject_procedure(world: World) -> Ready:
    return Ready("POST", f"{_procedure(world)}/reject", {"reason": "no"}, "bureau", "bureau", {"reason": "not so"})


def _rename(world: World) -> Ready:
    world.institution()
    body = {"name": "新示例商贸", "reason": "renamed", "evidence_sha256": "0" * 64}
    return Ready("POST", "/v1/institutions/me/renamings", body, "institution", "shop", body | {"name": "又一商贸"})


def _freeze(world: World) -> Ready:
    path = f"/v1/accounts/{world.person()}/freeze"
    return Ready("POST", path, {"reason": "court order"}, "exchange", "exchange", {"reason": "another"})


def _unfreeze(world: World) -> Ready:
    ready = _freeze(world)
    assert world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).status == 200
    return ready._replace(path=ready.path.replace("freeze", "unfreeze"))


def _register(_: World) -> Ready:
    body = {
        "code": "M-1", "title": "方法学", "kind": "scenario", "document_sha256": "0" * 64,
        "valid_from": "2020-01-01T00:00:00Z", "valid_until": None,
    }  # fmt: skip
    return Ready("POST", "/v1/methodologies", body, "bureau", "bureau", body | {"title": "又一方法学"})


def _end_scenario(world: World) -> Ready:
    world.scenario()
    body = {"ends_at": "2999-01-01T00:00:00Z", "reason": "no trains"}
    return Ready("POST", "/v1/scenarios/metro/end", body, "bureau", "bureau", body | {"reason": "no more trains"})


def _publish(world: World) -> Ready:
    world.methodology("M-1")
    body = {
        "code": "metro", "name": "轨道交通", "methodology": "M-1", "operator": "operator", "unit": "km",
        "grams_per_unit": "71", "confirmation": "automatic", "daily_cap_grams": None,
        "valid_from": "2020-01-01T00:00:00Z", "valid_until": None,
    }  # fmt: skip
    return Ready("POST", "/v1/scenarios", body, "bureau", "bureau", body | {"grams_per_unit": "72"})


def _report(world: World) -> Ready:
    world.scenario()
    body = {"record_id": "t", "account": world.person(), "scenario": "metro", "quantity": "1", "occurred_at": AT}
    return Ready("POST", "/v1/reductions", body, "scenario_operator", "operator", body | {"quantity": "2"})


def _reported(world: World) -> str:
    account = world.person()
    world.scenario(confirmation="manual")
    return f"/v1/reductions/{world.report(account).body['id']}"


def _confirm(world: World) -> Ready:
    return Ready("POST", f"{_reported(world)}/confirm", {}, "bureau", "bureau")


def _reject(world: World) -> Ready:
    return Ready("POST", f"{_reported(world)}/reject", {"reason": "no"}, "bureau", "bureau", {"reason": "not so"})


def _admit(world: World) -> Ready:
    body = {"account": world.institution("mall", CODES[1]), "mode": "event", "reason": "letter"}
    return Ready("POST", "/v1/merchants", body, "exchange", "exchange", body | {"mode": "other"})


def _apply(world: World) -> Ready:
    world.institution()
    body = {"mode": "third_party_mall", "title": "入驻申请", "plan": PLANS["third_party_mall"]}
    return Ready("POST", "/v1/applications", body, "institution", "shop", body | {"title": "又一申请"})


def _application(world: World, mode: str, status: str) -> str:
    world.institution()
    return f"/v1/applications/{Desk(world).bring(mode, status)}"


def _edit(world: World) -> Ready:
    ready = _apply(world)
    id = world.post(ready.path, ready.body, role="institution", sub="shop").body["id"]
    return Ready("PATCH", f"/v1/applications/{id}", {"title": "修订"}, "institution", "shop", {"title": "又一修订"})


def _paper(world: World) -> Ready:
    body = {
        "kind": "credit_report", "file_name": "报告.pdf", "content_type": "application/pdf", "bytes": 10,
        "sha256": "0" * 64,
    }  # fmt: skip
    path = f"{_application(world, 'event', 'draft')}/documents"
    return Ready("POST", path, body, "institution", "shop", body | {"bytes": 11})


def _link(world: World) -> Ready:
    path = _application(world, "event", "draft")
    documents = world.get(path, role="bureau", sub="bureau").body["documents"]
    return Ready("POST", f"{path}/documents/{documents[0]['id']}/link", {}, "bureau", "bureau")


def _submit(world: World) -> Ready:
    return Ready("POST", f"{_application(world, 'event', 'draft')}/submit", {}, "institution", "shop")


def _withdraw(world: World) -> Ready:
    return Ready("POST", f"{_application(world, 'event', 'submitted')}/withdraw", {}, "institution", "shop")


def _endorse(world: World) -> Ready:
    above = world.institution("operator", CODES[2])
    body = {"account": above, "mode": "sub_platform", "reason": "letter"}
    assert world.post("/v1/merchants", body, role="exchange", sub="exchange").status == 201
    world.institution()
    path = f"/v1/applications/{Desk(world).bring('event', 'with_operator', sub_platform=above)}/endorsement"
    endorsement = {"outcome": "endorse", "comment": "ours"}
    return Ready("POST", path, endorsement, "institution", "operator", endorsement | {"comment": "yes"})


def _review(world: World) -> Ready:
    path = f"{_application(world, 'event', 'submitted')}/review"
    return Ready("POST", path, PASSED, "exchange", "exchange", PASSED | {"outcome": "return"})


def _opinion(world: World) -> Ready:
    path, body = f"{_application(world, 'other', 'reviewed')}/opinion", {"conclusion": "favourable", "text": "suits"}
    return Ready("POST", path, body, "exchange", "exchange", body | {"text": "suits well"})


def _acknowledge(world: World) -> Ready:
    body = {"outcome": "accept", "comment": "filed"}
    path = f"{_application(world, 'other', 'opinion_filed')}/acknowledge"
    return Ready("POST", path, body, "bureau", "bureau", body | {"outcome": "refuse"})


def _agree(world: World) -> Ready:
    path = f"{_application(world, 'other', 'acknowledged')}/agreement"
    return Ready("POST", path, SIGNED, "institution", "shop", SIGNED | {"sha256": "1" * 64})


def _integrate(world: World) -> Ready:
    path = f"{_application(world, 'sub_platform', 'agreement_signed')}/integration"
    other = PARTNER_SYSTEM | {"callback_url": "https://elsewhere.example.com/"}
    return Ready("POST", path, PARTNER_SYSTEM, "institution", "shop", other)


def _register_system(world: World) -> Ready:
    path = f"/v1/merchants/{world.merchant(mode='third_party_mall')}/integration"
    other = PARTNER_SYSTEM | {"callback_url": "https://elsewhere.example.com/"}
    return Ready("POST", path, PARTNER_SYSTEM, "institution", "shop", other)


def _suspend(world: World) -> Ready:
    path = f"/v1/merchants/{world.merchant()}/suspend"
    return Ready("POST", path, {"reason": "no"}, "exchange", "exchange", {"reason": "not so"})


def _reinstate(world: World) -> Ready:
    ready = _suspend(world)
    assert world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).status == 200
    return ready._replace(path=ready.path.replace("suspend", "reinstate"))


def _relist(world: World) -> Ready:
    shop = world.merchant()
    account = merchants.item(shop)
    late = Duties(merchant=shop, looked_at=AT, since={"orders_late": "2020-01-01T00:00:00.000Z"})
    derive(put(keys.duties(shop), late))
    perform(f"delist {shop}", lambda command: duties.delist(command, late, account, days=14))
    return Ready("POST", f"/v1/merchants/{shop}/relist", {}, "exchange", "exchange", {"reason": "early"})


def _leave(world: World) -> Ready:
    path = f"/v1/merchants/{world.merchant()}/leave"
    return Ready("POST", path, {"reason": "we close"}, "institution", "shop", {"reason": "we move"})


def _terminate(world: World) -> Ready:
    return _suspend(world)._replace(path=f"/v1/merchants/{world.me('shop', 'institution')['id']}/terminate")


def _renew(world: World) -> Ready:
    path = f"/v1/merchants/{world.merchant()}/renewals"
    body = {"subject": "licence", "ends_on": "2090-12-31", "reason": "a new one"}
    return Ready("POST", path, body, "exchange", "exchange", body | {"ends_on": None})


def _add_login(world: World) -> Ready:
    world.institution()
    body = {"sub": "clerk", "kind": "person", "label": "Till 3", "authority": "operator"}
    return Ready("POST", "/v1/institutions/me/logins", body, "institution", "shop", body | {"sub": "clerk-2"})


def _login(world: World) -> str:
    ready = _add_login(world)
    return f"{ready.path}/{world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body['id']}"


def _change_login(world: World) -> Ready:
    body = {"authority": "finance"}
    return Ready("PATCH", _login(world), body, "institution", "shop", {"authority": "owner"})


def _remove_login(world: World) -> Ready:
    return Ready("POST", f"{_login(world)}/remove", {}, "institution", "shop")


def _offer(world: World) -> Ready:
    world.merchant()
    body = {
        "title": "票", "description": "一张", "category": "transport", "points": 1000, "stock": 10,
        "per_account_limit": None, "starts_at": None, "ends_at": None, "fulfilment": "voucher",
    }  # fmt: skip
    return Ready("POST", "/v1/offers", body, "institution", "shop", body | {"stock": 11})


def _change(world: World) -> Ready:
    world.merchant()
    path = f"/v1/offers/{world.offer()}"
    return Ready("PATCH", path, {"stock_added": 5}, "institution", "shop", {"stock_added": 6})


def _redeem(world: World) -> Ready:
    world.merchant()
    world.rich(points=10_000)
    body = {"offer": world.offer(), "quantity": 1, "points": 1000}
    return Ready("POST", "/v1/redemptions", body, "individual", "alice", body | {"quantity": 2, "points": 2000})


def _enter_draw(world: World) -> Ready:
    world.institution()
    plan = PLANS["event"] | {"opens_at": "2020-06-05T02:00:00Z", "starts_at": "2020-06-01T00:00:00Z"}
    plan |= {"allocation": "draw", "draws_at": "2097-06-20T00:00:00Z"}
    path = f"/v1/events/{Desk(world).bring('event', plan=plan)}/entries"
    world.rich(points=10_000)
    body = {"offer": world.offer(), "quantity": 1, "points": 1000}
    return Ready("POST", path, body, "individual", "alice", body | {"quantity": 2, "points": 2000})


def _order(world: World) -> str:
    ready = _redeem(world)
    return f"/v1/redemptions/{world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body['id']}"


def _fulfil(world: World) -> Ready:
    body = {"voucher": "SH-1", "note": None}
    return Ready("POST", f"{_order(world)}/fulfil", body, "institution", "shop", body | {"voucher": "SH-2"})


def _refund(world: World) -> Ready:
    return Ready("POST", f"{_order(world)}/refund", {}, "institution", "shop")


def _cancel_order(world: World) -> Ready:
    world.merchant()
    world.rich(points=10_000)
    order = world.redeem(world.offer(cancellable_minutes=5)).body["id"]
    return Ready("POST", f"/v1/redemptions/{order}/cancel", {}, "individual", "alice")


def _add_vouchers(world: World) -> Ready:
    world.merchant()
    path = f"/v1/offers/{world.offer()}/vouchers"
    return Ready("POST", path, {"codes": ["SH-1", "SH-2"]}, "institution", "shop", {"codes": ["SH-1", "SH-3"]})


def _lines() -> list[dict[str, Any]]:
    line = {
        "title": "茶",
        "description": "一杯",
        "category": "food",
        "points": 2500,
        "stock": 10,
        "fulfilment": "goods",
    }
    return [line | {"sku": "TEA-1"}, line | {"sku": "TEA-2"}]


def _offer_batch(world: World) -> Ready:
    world.merchant()
    body, other = {"offers": _lines()}, {"offers": _lines()[:1]}
    return Ready("POST", "/v1/offer-batches", body, "institution", "shop", other, 3)


def _announce(world: World) -> Ready:
    world.scenario()
    body = {"scenario": "metro", "lines": 1, "sha256": "0" * 64}
    return Ready("POST", "/v1/reduction-batches", body, "scenario_operator", "operator", body | {"lines": 2})


def _open_parts(world: World) -> Ready:
    client.client().create_bucket(Bucket=settings().documents_bucket)
    ready = _announce(world)
    id = world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body["id"]
    part = {"number": 1, "bytes": 1, "sha256": sha256(b"x").hexdigest()}
    other = {"parts": [part | {"number": 2}]}
    return Ready("POST", f"/v1/reduction-batches/{id}/parts", {"parts": [part]}, ready.role, ready.sub, other)


def _complete_parts(world: World) -> Ready:
    """A batch whose file is one part, which has arrived."""
    ready = _open_parts(world)
    [address] = world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body["parts"]
    place = urlsplit(address["url"])
    [upload] = parse_qs(place.query)["uploadId"]
    key = place.path.lstrip("/")
    client.client().upload_part(Bucket=settings().documents_bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"x")
    return Ready("POST", f"{ready.path}/complete", {"parts": 1}, ready.role, ready.sub)


def _reported_batch(world: World) -> str:
    """A batch whose one line waits for the bureau, and the bucket by which its worker is woken."""
    client.client().create_bucket(Bucket=settings().documents_bucket)
    ready = _announce(world)
    id = world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body["id"]
    batch = read.get(keys.batch(id), Batch)
    assert batch is not None
    processing = replace(batch, status="processing")
    lane = Lane(number=0, at=batch.created_at, line=2, first=1, until=2, reported=1)
    perform("start", lambda command: batches.start(command, batch, [lane]))
    perform("finish", lambda command: batches.finish(command, processing, Progress((lane,)), Intake()))
    return f"/v1/reduction-batches/{id}"


def _confirm_batch(world: World) -> Ready:
    body = {"reason": "50 of them looked at"}
    return Ready("POST", f"{_reported_batch(world)}/confirm", body, "bureau", "bureau", {"reason": "all looked at"})


def _reverse(world: World) -> Ready:
    world.rich(points=100)
    reduction = world.report(world.person("bob", PEOPLE[1]), "10").body["id"]
    body = {"reason": "no such trip", "evidence_sha256": "a" * 64}
    return Ready("POST", f"/v1/reductions/{reduction}/reverse", body, "bureau", "bureau", body | {"reason": "other"})


def _close_anomaly(world: World) -> Ready:
    account = world.person()
    world.scenario()
    world.scenario("bicycle", excludes=["metro"])
    for scenario in ("metro", "bicycle"):
        assert world.report(account, "1", scenario=scenario).status == 201
    world.stream()
    [anomaly] = world.get("/v1/anomalies", role="bureau", sub="bureau").body["items"]
    body = {"outcome": "dismissed", "reason": "one card for two"}
    return Ready(
        "POST", f"/v1/anomalies/{anomaly['id']}/close", body, "bureau", "bureau", body | {"outcome": "referred"}
    )


def _upload_totals(world: World) -> Ready:
    world.scenario()
    body = {"scenario": "metro", "day": "2024-01-15", "trips": 0, "grams": 0}
    return Ready("POST", "/v1/operator-totals", body, "scenario_operator", "operator", body | {"trips": 1})


def _reverse_batch(world: World) -> Ready:
    path = _reported_batch(world)
    batch = path.rpartition("/")[2]
    derive(update(keys.batch_lane(batch, 0), assign={"converted": 1, "reported": 0}))
    return Ready("POST", f"{path}/reverse", {"reason": "no such trips"}, "bureau", "bureau", {"reason": "other"})


def _credit_rule(world: World) -> Ready:
    world.scenario()
    body = {"window_months": 12, "weights": {"metro": "0.01"}, "levels": [{"name": "绿芽", "score_min": 0}]}
    return Ready("POST", "/v1/credit-rules", body, "bureau", "bureau", body | {"window_months": 6})


def _reject_batch(world: World) -> Ready:
    return Ready("POST", f"{_reported_batch(world)}/reject", {"reason": "no"}, "bureau", "bureau", {"reason": "no!"})


def _cancel(world: World) -> Ready:
    world.rich(points=10_000)
    body = {"points": 1000, "purpose": "trip to Hangzhou"}
    return Ready("POST", "/v1/cancellations", body, "individual", "alice", body | {"points": 2000})


def _revoke(world: World) -> Ready:
    ready = _cancel(world)
    cancelled = world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body
    path = f"/v1/certificates/{cancelled['certificate']['serial']}/revoke"
    return Ready("POST", path, {"reason": "faulty data"}, "exchange", "exchange", {"reason": "none"})


def _propose(world: World) -> Ready:
    world.institution()
    body = {
        "title": "马拉松", "purpose": "event", "description": "赛事", "target_grams": 1000,
        "ends_at": "2999-01-01T00:00:00Z",
    }  # fmt: skip
    return Ready("POST", "/v1/campaigns", body, "institution", "shop", body | {"target_grams": 2000})


def _proposed(world: World) -> str:
    ready = _propose(world)
    return str(world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body["id"])


def _approve(world: World) -> Ready:
    return Ready("POST", f"/v1/campaigns/{_proposed(world)}/approve", {}, "exchange", "exchange")


def _edit_campaign(world: World) -> Ready:
    path = f"/v1/campaigns/{_proposed(world)}"
    return Ready("PATCH", path, {"target_grams": 500}, "institution", "shop", {"target_grams": 600})


def _turn_down(world: World) -> Ready:
    path = f"/v1/campaigns/{_proposed(world)}/reject"
    return Ready("POST", path, {"reason": "no"}, "exchange", "exchange", {"reason": "not so"})


def _approved(world: World) -> str:
    campaign = _proposed(world)
    assert world.post(f"/v1/campaigns/{campaign}/approve", role="exchange", sub="exchange").status == 200
    return campaign


def _donate(world: World) -> Ready:
    world.rich(points=10_000)
    body = {"campaign": _approved(world), "points": 500}
    return Ready("POST", "/v1/donations", body, "individual", "alice", body | {"points": 600})


def _finish(world: World) -> Ready:
    ready = _donate(world)
    assert world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).status == 201
    return Ready("POST", f"/v1/campaigns/{ready.body['campaign']}/close", {}, "exchange", "exchange", records=2)


def _abandon(world: World) -> Ready:
    path = f"/v1/campaigns/{_approved(world)}/abandon"
    return Ready("POST", path, {"reason": "called off"}, "institution", "shop", {"reason": "not so"})


def _buy_back(world: World) -> Ready:
    world.merchant()
    return Ready("POST", "/v1/buy-back-runs", {}, "exchange", "exchange")


def _retire(world: World) -> Ready:
    grams = Transfer("grant", (Posting(keys.ISSUED, keys.holder(world.institution()), 5000, GRAMS),))
    perform("grant", lambda command: Decision("grant", Empty(), *post(grams, record=command.id)))
    body = {"grams": 1000, "purpose": "neutrality", "beneficiary": "马拉松"}
    return Ready("POST", "/v1/retirements", body, "institution", "shop", body | {"grams": 2000})


def _consent(world: World) -> Ready:
    world.scenario()
    world.person()
    other = consents.REPORT | {"code_challenge": "x" * 43}
    return Ready("POST", "/v1/grants", consents.REPORT, "individual", "alice", other)


def _redeem_code(world: World) -> Ready:
    world.person()
    code = consents.consent(world, consents.spend(consents.mall(world))).body["code"]
    body = {"code": code, "code_verifier": consents.VERIFIER, "reference": "m-1"}
    return Ready("POST", "/v1/grants/redeem", body, "institution", "shop", body | {"reference": "m-2"})


def _withdraw_grant(world: World) -> Ready:
    return Ready("POST", f"/v1/grants/{consents.reporting(world)}/withdraw", {}, "individual", "alice")


def _hold(world: World) -> Ready:
    world.rich(points=10_000)
    body = consents.order(consents.spending(world, consents.mall(world)))
    return Ready("POST", "/v1/holds", body, "institution", "shop", body | {"points": 200})


def _held(world: World) -> str:
    ready = _hold(world)
    return f"/v1/holds/{world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body['id']}"


def _capture(world: World) -> Ready:
    return Ready("POST", f"{_held(world)}/capture", {"points": 300}, "institution", "shop", {"points": 200})


def _release(world: World) -> Ready:
    return Ready("POST", f"{_held(world)}/release", {}, "institution", "shop")


def _refund_hold(world: World) -> Ready:
    ready = _capture(world)
    assert world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).status == 200
    path, body = ready.path.replace("capture", "refund"), {"points": 100, "reason": "broken"}
    return Ready("POST", path, body, "institution", "shop", body | {"points": 50})


def _dispute(world: World) -> Ready:
    order = _order(world).rpartition("/")[2]
    body = {"kind": "redemption", "object": order, "reason": "not_delivered", "text": "none left"}
    return Ready("POST", "/v1/disputes", body, "individual", "alice", body | {"reason": "other"})


def _disputed(world: World) -> str:
    ready = _dispute(world)
    return f"{ready.path}/{world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body['id']}"


def _answer_dispute(world: World) -> Ready:
    path = f"{_disputed(world)}/answer"
    return Ready("POST", path, {"text": "delivered"}, "institution", "shop", {"text": "delivered at last"})


def _withdraw_dispute(world: World) -> Ready:
    return Ready("POST", f"{_disputed(world)}/withdraw", {}, "individual", "alice")


def _rule_dispute(world: World) -> Ready:
    ready = _answer_dispute(world)
    assert world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).status == 200
    path, body = ready.path.replace("answer", "rule"), {"outcome": "uphold", "text": "no receipt"}
    return Ready("POST", path, body, "exchange", "exchange", body | {"outcome": "dismiss"})


def _announce_evidence(world: World) -> Ready:
    path = f"{_disputed(world)}/evidence"
    body = {"file_name": "照片.png", "content_type": "image/png", "bytes": 10, "sha256": "0" * 64}
    return Ready("POST", path, body, "individual", "alice", body | {"bytes": 11})


def _open_evidence(world: World) -> Ready:
    ready = _announce_evidence(world)
    id = world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body["id"]
    dispute = ready.path.split("/")[3]
    derive(update(keys.evidence(dispute, id), assign={"status": "arrived"}))
    return Ready("POST", f"{ready.path}/{id}/link", {}, "individual", "alice")


def _replay(world: World) -> Ready:
    order = _order(world)
    [placed] = [load(Record, each) for each in world.records() if each["kind"] == "redemption" and each["id"] in order]
    event = webhook(placed)
    derive(partners.remember(placed))
    derive(partners.give_up(event, "late"))
    return Ready("POST", f"/v1/webhook-deliveries/{event.id}/replay", {}, "institution", "shop")


def _admit_member(world: World) -> Ready:
    district, shop = platform(world), world.institution()
    body = {"account": shop, "reason": "of our district"}
    path = f"/v1/sub-platforms/{district.id}/members"
    return Ready("POST", path, body, "institution", "operator", body | {"reason": "x"})


def _member(world: World) -> str:
    district = platform(world)
    return f"/v1/sub-platforms/{district.id}/members/{district.member()}"


def _suspend_member(world: World) -> Ready:
    path = f"{_member(world)}/suspend"
    return Ready("POST", path, {"reason": "queues"}, "institution", "operator", {"reason": "complaints"})


def _reinstate_member(world: World) -> Ready:
    ready = _suspend_member(world)
    assert world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).status == 200
    return ready._replace(path=ready.path.replace("suspend", "reinstate"))


def _veto_member(world: World) -> Ready:
    path = f"{_member(world)}/veto"
    return Ready("POST", path, {"reason": "no licence"}, "exchange", "exchange", {"reason": "complaints"})


def _take_offer_down(world: World) -> Ready:
    district = platform(world)
    district.member()
    path = f"/v1/sub-platforms/{district.id}/offers/{world.offer()}/take-down"
    return Ready("POST", path, {"reason": "out of date"}, "institution", "operator", {"reason": "wrong"})


def _allow_offer(world: World) -> Ready:
    ready = _take_offer_down(world)
    assert world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).status == 200
    return ready._replace(path=ready.path.replace("take-down", "allow"))


def _read_messages(world: World) -> Ready:
    account = world.person()
    world.freeze(account)
    world.freeze(account, "unfreeze")
    world.stream()
    message, _ = world.messages()
    body = {"messages": [message["id"]]}
    return Ready("POST", "/v1/messages/read", body, "individual", "alice", {"messages": [message["id"]] * 2})


def _register_client(world: World) -> Ready:
    body = PARTNER_SYSTEM | {"client": world.institution("app", CODES[3])}
    other = body | {"callback_url": "https://elsewhere.example.com/"}
    return Ready("POST", "/v1/message-client", body, "exchange", "exchange", other)


def _end_client(world: World) -> Ready:
    ready = _register_client(world)
    assert world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).status == 201
    return Ready("POST", "/v1/message-client/end", {}, "exchange", "exchange")


def _start_run(world: World) -> Ready:
    merchant = consents.mall(world)
    register(merchant, PARTNER_SYSTEM["callback_url"], PARTNER_SYSTEM["public_key"])
    return Ready("POST", f"/v1/merchants/{merchant}/conformance", {}, "institution", "shop")


def _sandbox_consent(world: World) -> Ready:
    ready = _start_run(world)
    run = world.post(ready.path, role=ready.role, sub=ready.sub).body
    body = consents.spend(run["merchant"])
    path = f"{run['sandbox']}/v1/grants"
    return ready._replace(path=path, body=body, other=body | {"points_max_day": 900})


def _sandbox_code(world: World) -> Ready:
    ready = _sandbox_consent(world)
    code = world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body["code"]
    body = {"code": code, "code_verifier": consents.VERIFIER, "reference": "m-1"}
    return ready._replace(path=f"{ready.path}/redeem", body=body, other=body | {"reference": "m-2"})


def _sandbox_hold(world: World) -> Ready:
    ready = _sandbox_code(world)
    grant = world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body["id"]
    path, body = ready.path.replace("grants/redeem", "holds"), consents.order(grant, points=100)
    lost = world.post(path, body | {"order_reference": "lost"}, role=ready.role, sub=ready.sub)
    assert lost.refused == (503, "unavailable")
    return ready._replace(path=path, body=body, other=body | {"points": 200})


def _sandbox_capture(world: World) -> Ready:
    ready = _sandbox_hold(world)
    hold = world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).body["id"]
    return ready._replace(path=f"{ready.path}/{hold}/capture", body={"points": 60}, other={"points": 50})


def _sandbox_refund(world: World) -> Ready:
    ready = _sandbox_capture(world)
    assert world.post(ready.path, ready.body, role=ready.role, sub=ready.sub).status == 200
    return ready._replace(path=ready.path.replace("capture", "refund"), body={"points": 30}, other={"points": 20})


def _sandbox_release(world: World) -> Ready:
    ready = _sandbox_capture(world)
    return ready._replace(path=ready.path.replace("capture", "release"), body={}, other=None)


def _sandbox_offer_batch(world: World) -> Ready:
    ready = _sandbox_consent(world)
    path, other = ready.path.replace("grants", "offer-batches"), {"offers": _lines()[:1]}
    return ready._replace(path=path, body={"offers": _lines()}, other=other, records=3)


COMMANDS: dict[str, Callable[[World], Ready]] = {
    "POST /v1/accounts": _open,
    "POST /v1/accounts/me/close": _close,
    "PATCH /v1/accounts/me": _correct,
    "POST /v1/accounts/{id}/freeze": _freeze,
    "POST /v1/accounts/{id}/unfreeze": _unfreeze,
    "POST /v1/accounts/me/wards": _consent_for_ward,
    "POST /v1/accounts/me/wards/{id}/withdraw": _withdraw_ward,
    "POST /v1/procedures": _propose_procedure,
    "POST /v1/procedures/{id}/approve": _approve_procedure,
    "POST /v1/procedures/{id}/reject": _reject_procedure,
    "POST /v1/methodologies": _register,
    "POST /v1/scenarios": _publish,
    "POST /v1/grants": _consent,
    "POST /v1/grants/redeem": _redeem_code,
    "POST /v1/grants/{id}/withdraw": _withdraw_grant,
    "POST /v1/scenarios/{code}/end": _end_scenario,
    "POST /v1/reductions": _report,
    "POST /v1/reductions/{id}/confirm": _confirm,
    "POST /v1/reductions/{id}/reject": _reject,
    "POST /v1/reduction-batches": _announce,
    "POST /v1/reduction-batches/{id}/confirm": _confirm_batch,
    "POST /v1/reduction-batches/{id}/parts": _open_parts,
    "POST /v1/reduction-batches/{id}/parts/complete": _complete_parts,
    "POST /v1/reduction-batches/{id}/reject": _reject_batch,
    "POST /v1/reduction-batches/{id}/reverse": _reverse_batch,
    "POST /v1/reductions/{id}/reverse": _reverse,
    "POST /v1/anomalies/{id}/close": _close_anomaly,
    "POST /v1/operator-totals": _upload_totals,
    "POST /v1/credit-rules": _credit_rule,
    "POST /v1/applications": _apply,
    "PATCH /v1/applications/{id}": _edit,
    "POST /v1/applications/{id}/documents": _paper,
    "POST /v1/applications/{id}/documents/{document}/link": _link,
    "POST /v1/applications/{id}/submit": _submit,
    "POST /v1/applications/{id}/withdraw": _withdraw,
    "POST /v1/applications/{id}/endorsement": _endorse,
    "POST /v1/applications/{id}/review": _review,
    "POST /v1/applications/{id}/opinion": _opinion,
    "POST /v1/applications/{id}/acknowledge": _acknowledge,
    "POST /v1/applications/{id}/agreement": _agree,
    "POST /v1/applications/{id}/integration": _integrate,
    "POST /v1/merchants": _admit,
    "POST /v1/merchants/{id}/integration": _register_system,
    "POST /v1/merchants/{id}/suspend": _suspend,
    "POST /v1/merchants/{id}/reinstate": _reinstate,
    "POST /v1/merchants/{id}/relist": _relist,
    "POST /v1/institutions/me/logins": _add_login,
    "POST /v1/institutions/me/renamings": _rename,
    "PATCH /v1/institutions/me/logins/{id}": _change_login,
    "POST /v1/institutions/me/logins/{id}/remove": _remove_login,
    "POST /v1/merchants/{id}/renewals": _renew,
    "POST /v1/merchants/{id}/leave": _leave,
    "POST /v1/merchants/{id}/terminate": _terminate,
    "POST /v1/sub-platforms/{id}/members": _admit_member,
    "POST /v1/sub-platforms/{id}/members/{member}/suspend": _suspend_member,
    "POST /v1/sub-platforms/{id}/members/{member}/reinstate": _reinstate_member,
    "POST /v1/sub-platforms/{id}/members/{member}/veto": _veto_member,
    "POST /v1/sub-platforms/{id}/offers/{offer}/take-down": _take_offer_down,
    "POST /v1/sub-platforms/{id}/offers/{offer}/allow": _allow_offer,
    "POST /v1/offers": _offer,
    "PATCH /v1/offers/{id}": _change,
    "POST /v1/cancellations": _cancel,
    "POST /v1/certificates/{serial}/revoke": _revoke,
    "POST /v1/campaigns": _propose,
    "PATCH /v1/campaigns/{id}": _edit_campaign,
    "POST /v1/campaigns/{id}/approve": _approve,
    "POST /v1/campaigns/{id}/reject": _turn_down,
    "POST /v1/campaigns/{id}/close": _finish,
    "POST /v1/campaigns/{id}/abandon": _abandon,
    "POST /v1/donations": _donate,
    "POST /v1/buy-back-runs": _buy_back,
    "POST /v1/retirements": _retire,
    "POST /v1/offer-batches": _offer_batch,
    "POST /v1/redemptions": _redeem,
    "POST /v1/events/{id}/entries": _enter_draw,
    "POST /v1/offers/{id}/vouchers": _add_vouchers,
    "POST /v1/redemptions/{id}/cancel": _cancel_order,
    "POST /v1/redemptions/{id}/fulfil": _fulfil,
    "POST /v1/redemptions/{id}/refund": _refund,
    "POST /v1/holds": _hold,
    "POST /v1/holds/{id}/capture": _capture,
    "POST /v1/holds/{id}/release": _release,
    "POST /v1/holds/{id}/refund": _refund_hold,
    "POST /v1/disputes": _dispute,
    "POST /v1/disputes/{id}/answer": _answer_dispute,
    "POST /v1/disputes/{id}/withdraw": _withdraw_dispute,
    "POST /v1/disputes/{id}/rule": _rule_dispute,
    "POST /v1/disputes/{id}/evidence": _announce_evidence,
    "POST /v1/disputes/{id}/evidence/{evidence}/link": _open_evidence,
    "POST /v1/webhook-deliveries/{id}/replay": _replay,
    "POST /v1/merchants/{id}/conformance": _start_run,
    "POST /sandbox/{run}/v1/grants": _sandbox_consent,
    "POST /sandbox/{run}/v1/grants/redeem": _sandbox_code,
    "POST /sandbox/{run}/v1/holds": _sandbox_hold,
    "POST /sandbox/{run}/v1/holds/{id}/capture": _sandbox_capture,
    "POST /sandbox/{run}/v1/holds/{id}/refund": _sandbox_refund,
    "POST /sandbox/{run}/v1/holds/{id}/release": _sandbox_release,
    "POST /sandbox/{run}/v1/offer-batches": _sandbox_offer_batch,
    "POST /v1/messages/read": _read_messages,
    "POST /v1/message-client": _register_client,
    "POST /v1/message-client/end": _end_client,
}


def send(world: World, ready: Ready, **changes: Any) -> Any:
    """Send it; ``changes`` replace parts of it or are options of the call."""
    parts = {name: changes.pop(name) for name in ready._fields if name in changes}
    given = ready._replace(**parts)
    return world.call(given.method, given.path, given.body, role=given.role, sub=given.sub, **changes)
