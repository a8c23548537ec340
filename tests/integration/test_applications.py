"""From a draft to a merchant: every mode's path, its side ways, and who may take and see what."""

from typing import Any

import pytest

from chalicelib.kernel import query
from chalicelib.onboarding import queries
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.desk import BASE, BUREAU, EXCHANGE, MODES, ONWARD, PARTNER_SYSTEM, PASSED, PLANS, SIGNED, Desk, institution
from tests.numbers import credit_code
from tests.world import CODES, World

SHOP = institution("shop")
SUB_PLATFORM_OPERATOR = institution("operator")
STATE = (409, "invalid_state")
PATHS = {
    "third_party_mall": ["submitted", "reviewed", "opinion_filed", "acknowledged", "agreement_signed", "active"],
    "sub_platform": ["submitted", "reviewed", "opinion_filed", "acknowledged", "agreement_signed", "active"],
    "event": ["submitted", "active"],
    "other": ["submitted", "reviewed", "opinion_filed", "acknowledged", "active"],
}

OVER = {"starts_at": "2020-01-01T00:00:00Z", "opens_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-02T00:00:00Z"}


@pytest.fixture
def desk(world: World) -> Desk:
    world.institution()
    return Desk(world)


@pytest.mark.engine
@pytest.mark.parametrize("mode", MODES)
def test_each_mode_has_its_path_to_a_merchant(world: World, desk: Desk, mode: str) -> None:
    application = desk.draft(mode)
    desk.complete(application)
    states = []
    while (before := desk.get(application))["status"] != "active":
        action, _, who = ONWARD[before["status"]]
        assert action in desk.get(application, **(who or SHOP))["next_actions"]
        done = desk.onward(application)
        assert done.status == 200, done
        assert set(done.body) == {"id", "mode", "status", "required_documents", "next_actions"}
        states.append(done.body["status"])
    assert states == PATHS[mode]
    answer = desk.get(application)
    steps = [line for line in answer["history"] if line["action"] != "document"]
    assert [line["status"] for line in steps] == ["draft", *PATHS[mode]]
    assert {line["by_role"] for line in steps} <= {"institution", "exchange", "bureau"}
    assert next(line for line in steps if line["action"] == "review")["comment"] == "in order"
    merchant = world.get(f"/v1/merchants/{answer['applicant']}").body
    assert (merchant["mode"], merchant["status"], merchant["sub_platform"]) == (mode, "active", None)
    assert answer["plan"].keys() == PLANS[mode].keys()
    if mode != "event":
        assert world.offer()


def test_a_draft_tells_what_it_needs(desk: Desk) -> None:
    made = desk.apply("event")
    assert made.status == 201
    assert made.body["status"] == "draft"
    assert made.body["required_documents"] == desk.get(made.body["id"])["required_documents"]
    assert made.body["next_actions"] == ["documents", "submit", "withdraw"]


@pytest.mark.parametrize(
    ("mode", "change", "pointer"),
    [
        ("unknown", {}, "/mode"),
        ("other", {"plan": {}}, "/plan/description"),
        ("event", {"plan": PLANS["other"]}, "/plan/starts_at"),
        ("third_party_mall", {"plan": PLANS["third_party_mall"] | {"mall_url": "ftp://x"}}, "/plan/mall_url"),
        ("third_party_mall", {"plan": PLANS["third_party_mall"] | {"stock_commitment": 0}}, "/plan/stock_commitment"),
        ("third_party_mall", {"plan": PLANS["third_party_mall"] | {"stock_commitment": 1.5}}, "/plan/stock_commitment"),
        ("sub_platform", {"plan": PLANS["sub_platform"] | {"categories": []}}, "/plan/categories"),
        ("event", {"plan": PLANS["event"] | {"ends_at": "2097-05-01T00:00:00Z"}}, "/plan/ends_at"),
        ("event", {"plan": PLANS["event"] | {"opens_at": "2097-07-01T00:00:00Z"}}, "/plan/opens_at"),
        ("event", {"plan": PLANS["event"] | {"per_account_limit": None}}, "/plan/per_account_limit"),
        ("event", {"plan": PLANS["event"] | OVER}, "/plan/ends_at"),
        ("other", {"sub_platform": "nobody"}, "/sub_platform"),
    ],
)
def test_a_plan_that_is_none_is_refused_by_field(
    world: World, desk: Desk, mode: str, change: Any, pointer: str
) -> None:
    before = world.items()
    answer = desk.apply(mode, **change)
    assert answer.status == 422
    assert pointer in answer.pointers
    assert world.items() == before


def test_words_are_a_pledge_too(desk: Desk) -> None:
    plan = PLANS["third_party_mall"] | {"stock_commitment": "每百个账户一件"}
    assert desk.get(desk.draft("third_party_mall", plan=plan))["plan"] == plan


def test_one_application_is_open_at_a_time(desk: Desk) -> None:
    first = desk.draft()
    refused = desk.apply("event")
    assert (refused.refused, refused.body["state"]) == (STATE, "open")
    assert desk.step(first, "withdraw", **SHOP).body["status"] == "withdrawn"
    assert desk.apply("event").status == 201


def test_who_has_no_institutions_account_cannot_apply(world: World, desk: Desk) -> None:
    assert desk.apply(sub="stranger").refused == (404, "not_found")
    world.close("shop", "institution")
    assert desk.apply().refused == (409, "account_closed")


def test_a_merchant_applies_again_only_after_its_event(world: World, desk: Desk) -> None:
    desk.bring("event")
    assert desk.apply("other").refused == (409, "already_merchant")


def test_what_is_returned_is_mended_and_submitted_again(desk: Desk) -> None:
    application = desk.bring("other", "submitted")
    lacking = PASSED | {"outcome": "return", "completeness": False, "comment": None}
    assert desk.step(application, "review", lacking, **EXCHANGE).pointers == ["/comment"]
    returned = desk.step(application, "review", lacking | {"comment": "stamp is missing"}, **EXCHANGE)
    assert returned.body["status"] == "returned"
    mine = desk.get(application, **SHOP)
    assert mine["next_actions"] == ["documents", "submit", "withdraw"]
    assert mine["review"]["comment"] == "stamp is missing"
    newer = desk.send(application, "credit_report", b"%PDF-1.7 with a stamp %%EOF")
    assert desk.step(application, "submit", **SHOP).body["status"] == "submitted"
    assert desk.document(application, newer)["counts"]


def test_of_two_reviewers_one_wins(desk: Desk) -> None:
    application = desk.bring("other", "submitted")
    first = desk.step(application, "review", PASSED, role="exchange", sub="first")
    second = desk.step(application, "review", PASSED | {"outcome": "reject"}, role="exchange", sub="second")
    assert (first.status, second.refused, second.body["state"]) == (200, STATE, "reviewed")


def test_an_unfavourable_opinion_is_reported_and_ends_it(desk: Desk) -> None:
    application = desk.bring("third_party_mall", "reviewed")
    opinion = {"conclusion": "unfavourable", "text": "no stock"}
    assert desk.step(application, "opinion", opinion, **EXCHANGE).body["status"] == "opinion_filed"
    assert desk.queue(BUREAU, status="opinion_filed") == [application]
    assert desk.step(application, "acknowledge", {}, **BUREAU).body["status"] == "rejected"


STEPS: dict[str, Any] = {
    "submit": {}, "withdraw": {}, "review": PASSED, "opinion": {"conclusion": "favourable", "text": "t"},
    "acknowledge": {}, "agreement": SIGNED, "integration": PARTNER_SYSTEM, "endorsement": {"outcome": "endorse"},
}  # fmt: skip


@pytest.mark.parametrize("status", [*PATHS["third_party_mall"], "draft"])
def test_steps_out_of_order_or_by_others_change_nothing(world: World, desk: Desk, status: str) -> None:
    application = desk.bring("third_party_mall", status)
    before = world.items()
    parties = (SHOP, EXCHANGE, BUREAU)
    allowed = {who["role"] + who["sub"]: desk.get(application, **who)["next_actions"] for who in parties}
    for action, body in STEPS.items():
        for who in (*parties, institution("stranger"), {"role": "individual", "sub": "shop"}):
            if action in allowed.get(who["role"] + who["sub"], ()):
                continue
            answer = desk.step(application, action, body, **who)
            assert answer.refused in {STATE, (403, "role_not_allowed"), (404, "not_found")}, (action, who)
    assert world.items() == before


def test_the_queue_shows_the_longest_waiting_first(world: World, desk: Desk) -> None:
    made = []
    for number, mode in enumerate(("event", "other", "event", "third_party_mall", "event")):
        world.institution(f"shop{number}", credit_code(number))
        made.append(desk.draft(mode, f"shop{number}"))
    for number in (2, 0, 4):
        desk.complete(made[number], f"shop{number}")
        desk.step(made[number], "submit", **institution(f"shop{number}"))
    submitted = [made[2], made[0], made[4]]
    assert desk.queue(status="submitted") == submitted
    assert desk.queue(BUREAU, status="submitted", mode="other") == []
    assert desk.queue(status="draft") == [made[1], made[3]]
    assert desk.queue() == [made[1], made[3], *submitted]
    assert desk.queue(mode="event") == submitted
    first = world.get(BASE, limit=2, **EXCHANGE).body
    rest = world.get(BASE, limit=3, cursor=first["next_cursor"], **EXCHANGE).body
    assert [each["id"] for each in first["items"] + rest["items"]] == [made[1], made[3], *submitted]
    assert rest["next_cursor"] is None
    assert all(0 <= each["age_seconds"] < 60 for each in first["items"])


def test_an_institution_sees_its_own_only(world: World, desk: Desk) -> None:
    world.institution("rival", CODES[1])
    first = desk.draft()
    desk.step(first, "withdraw", **SHOP)
    second = desk.draft("event")
    assert desk.queue(SHOP) == [first, second]
    assert desk.queue(SHOP, status="draft") == [second]
    assert desk.queue(institution("rival")) == []
    got = world.get(BASE, limit=1, **SHOP).body
    assert [each["id"] for each in world.get(BASE, cursor=got["next_cursor"], **SHOP).body["items"]] == [second]
    assert world.get(f"{BASE}/{first}", **institution("rival")).refused == (404, "not_found")
    assert world.get(f"{BASE}/nothing", **EXCHANGE).refused == (404, "not_found")


def test_beneath_a_sub_platform_its_operator_comes_first(world: World, desk: Desk) -> None:
    above = world.institution("operator", CODES[2])
    desk.bring("sub_platform", sub="operator")
    application = desk.draft("event", sub_platform=above)
    desk.complete(application)
    assert desk.step(application, "submit", **SHOP).body["status"] == "with_operator"
    assert desk.step(application, "review", PASSED, **EXCHANGE).refused == STATE
    assert desk.step(application, "withdraw", **SUB_PLATFORM_OPERATOR).refused == (403, "role_not_allowed")
    assert desk.step(application, "endorsement", {"outcome": "endorse"}, **SHOP).refused == (403, "role_not_allowed")
    assert desk.get(application, **SUB_PLATFORM_OPERATOR)["next_actions"] == ["endorsement"]
    back = {"outcome": "return", "comment": "not of our district"}
    assert desk.step(application, "endorsement", back, **SUB_PLATFORM_OPERATOR).body["status"] == "returned"
    desk.step(application, "submit", **SHOP)
    assert desk.onward(application).body["status"] == "submitted"
    assert desk.onward(application).body["status"] == "active"
    assert len(desk.queue(SUB_PLATFORM_OPERATOR)) == 2
    mine = desk.get(application)["applicant"]
    assert world.get(f"/v1/merchants/{mine}").body["sub_platform"] == above
    assert [each["id"] for each in world.get("/v1/merchants", sub_platform=above).body["items"]] == [mine]


def test_an_operator_sees_the_merchants_beneath_it_and_not_their_documents(world: World, desk: Desk) -> None:
    above = world.institution("operator", CODES[2])
    desk.bring("sub_platform", sub="operator")
    world.institution("rival", CODES[1])
    beneath, apart = desk.bring("other", "draft", sub_platform=above), desk.draft("other", "rival")
    assert beneath in desk.queue(SUB_PLATFORM_OPERATOR)
    assert apart not in desk.queue(SUB_PLATFORM_OPERATOR)
    assert world.get(f"{BASE}/{apart}", **SUB_PLATFORM_OPERATOR).refused == (404, "not_found")
    documents = desk.get(beneath, **SUB_PLATFORM_OPERATOR)["documents"]
    assert {document["link"] for document in documents} == {None}
    link = f"documents/{documents[0]['id']}/link"
    assert desk.step(beneath, link, {}, **SUB_PLATFORM_OPERATOR).refused == (404, "not_found")
    assert desk.apply("sub_platform", "third", sub_platform=above).refused == (404, "not_found")
    world.institution("third", CODES[3])
    assert desk.apply("sub_platform", "third", sub_platform=above).pointers == ["/sub_platform"]


EVENT_OFFER: dict[str, Any] = {
    "title": "门票", "description": "一张", "category": "culture", "points": 10, "stock": 5, "per_account_limit": 2,
    "starts_at": "2097-06-05T02:00:00Z", "ends_at": "2097-06-30T16:00:00Z", "fulfilment": "voucher",
}  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"starts_at": "2097-06-05T01:59:59Z"}, "/starts_at"),  # within the period, before it opens
        ({"ends_at": "2097-06-30T16:00:01Z"}, "/ends_at"),
        ({"per_account_limit": 3}, "/per_account_limit"),
    ],
)
def test_offers_of_an_event_keep_to_its_terms(world: World, desk: Desk, change: Any, pointer: str) -> None:
    desk.bring("event")
    refused = world.post("/v1/offers", EVENT_OFFER | change, **SHOP)
    assert (refused.status, refused.pointers) == (422, [pointer])
    assert world.post("/v1/offers", EVENT_OFFER, **SHOP).status == 201


def test_what_an_offer_leaves_open_is_the_events_own(world: World, desk: Desk) -> None:
    desk.bring("event")
    own = ("starts_at", "ends_at", "per_account_limit")
    body = {name: value for name, value in EVENT_OFFER.items() if name not in own}
    for made in (world.post("/v1/offers", each, **SHOP) for each in (body, body | dict.fromkeys(own))):
        assert made.status == 201
        assert [made.body[name] for name in own] == ["2097-06-05T02:00:00.000Z", "2097-06-30T16:00:00.000Z", 2]


def test_an_events_limit_counts_over_all_its_offers(world: World, desk: Desk) -> None:
    desk.bring("event")
    world.rich(points=1000)
    first, second = (world.offer(**EVENT_OFFER) for _ in range(2))
    single = world.offer(**EVENT_OFFER | {"per_account_limit": 1})
    for offer in (first, second, single):  # the event has begun
        commit([update(keys.account(keys.till(offer, 0)), assign={"starts_at": "2024-01-01T00:00:00.000Z"})])
    order = world.redeem(single, 10)
    assert order.status == 201
    refused = world.redeem(single, 10)
    assert (refused.code, refused.body["limit"], refused.body["held"]) == ("limit_reached", 1, 1)
    assert world.redeem(first, 10).status == 201
    refused = world.redeem(second, 10)
    assert refused.refused == (409, "limit_reached")
    assert (refused.body["limit"], refused.body["held"]) == (2, 2)
    assert world.refund(order.body["id"]).status == 200
    assert world.redeem(second, 20, 2).refused == (409, "limit_reached")
    assert world.redeem(second, 10).status == 201
    assert world.redeem(single, 10).refused == (409, "limit_reached")


def test_an_event_ends_with_its_period(world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = desk.get(desk.bring("event"))["applicant"]
    monkeypatch.setattr("chalicelib.merchants.queries.stamp", lambda _: "2097-07-01T00:00:00.000Z")
    assert world.get(f"/v1/merchants/{merchant}").body["status"] == "ended"
    assert [each["status"] for each in world.get("/v1/merchants").body["items"]] == ["ended"]


def test_suspension_stands_in_the_history_of_the_application(world: World, desk: Desk) -> None:
    application = desk.bring("other")
    merchant = desk.get(application)["applicant"]
    world.post(f"/v1/merchants/{merchant}/suspend", {"reason": "fraud"}, **EXCHANGE)
    world.post(f"/v1/merchants/{merchant}/reinstate", {"reason": "cleared"}, **EXCHANGE)
    lines = [(line["by_role"], line["action"], line["comment"]) for line in desk.get(application)["history"][-2:]]
    assert lines == [("exchange", "suspend", "fraud"), ("exchange", "reinstate", "cleared")]


@pytest.mark.parametrize("mode", MODES)
def test_a_draft_and_what_was_returned_can_be_edited(desk: Desk, mode: str) -> None:
    application = desk.draft(mode)
    path = f"{BASE}/{application}"
    edited = desk.world.patch(path, {"title": "修订", "plan": PLANS[mode]}, **SHOP)
    assert (edited.status, edited.body["status"]) == (200, "draft")
    desk.complete(application)
    desk.onward(application)
    assert desk.world.patch(path, {"title": "x"}, **SHOP).refused == STATE
    desk.step(application, "review", PASSED | {"outcome": "return"}, **EXCHANGE)
    assert desk.world.patch(path, {"title": "再次修订"}, **SHOP).status == 200
    after = desk.get(application)
    assert after["title"] == "再次修订"
    assert after["plan"].keys() == PLANS[mode].keys()
    assert [line["comment"] for line in after["history"] if line["action"] == "edit"] == ["plan, title", "title"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": None, "plan": None}, ""),
        ({"title": ""}, "/title"),
        ({"plan": {"description": "d", "goods": "g"}}, "/plan/goods"),
        ({"mode": "event"}, "/mode"),
    ],
)
def test_an_edit_is_as_strict_as_the_application(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    application = desk.draft()
    before = desk.world.items()
    refused = desk.world.patch(f"{BASE}/{application}", body, **SHOP)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])
    assert desk.world.items() == before


def test_an_edited_event_must_still_end_in_the_future(desk: Desk) -> None:
    application = desk.draft("event")
    refused = desk.world.patch(f"{BASE}/{application}", {"plan": PLANS["event"] | OVER}, **SHOP)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/plan/ends_at"])


def test_a_plan_that_was_accepted_before_texts_had_one_form_is_shown_as_it_is(desk: Desk) -> None:
    application = desk.draft("event")
    plan = desk.get(application)["plan"] | {"goods": "\u3164", "rules": " 先到先得" * 1000}
    commit([update(keys.application(application), assign={"plan": plan})])
    assert desk.get(application)["plan"] == plan
    assert desk.queue(SHOP) == [application]


def test_a_list_shows_the_newest_lines_of_a_history_and_one_application_more(desk: Desk) -> None:
    application = desk.draft()
    document = desk.send(application, "credit_report")
    for _ in range(25):
        assert desk.step(application, f"documents/{document}/link", {}, **EXCHANGE).status == 201
    one = desk.get(application)["history"]
    assert [line["action"] for line in one] == ["apply", "document", *["link"] * 25]
    [listed] = desk.world.get(BASE, **EXCHANGE).body["items"]
    assert listed["history"] == one[-20:]
    assert listed["documents"] == desk.get(application)["documents"]


@pytest.mark.parametrize("who", [EXCHANGE, SHOP])
def test_a_page_of_long_answers_ends_early_and_the_next_continues(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch, who: dict[str, str]
) -> None:
    made = []
    for _ in range(3):
        made.append(desk.draft())
        desk.step(made[-1], "withdraw", **SHOP)
    monkeypatch.setattr(query, "ANSWER_BYTES_MAX", 1800)
    pages, cursor = list[list[str]](), dict[str, str]()
    while not pages or cursor:
        page = world.get(BASE, **who, **cursor).body
        pages.append([each["id"] for each in page["items"]])
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert [each for page in pages for each in page] == made
    assert len(pages) > 1
    assert all(pages)


def test_of_a_history_of_long_comments_the_newest_are_shown(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = desk.draft()
    document = desk.send(application, "credit_report")
    for _ in range(5):
        assert desk.step(application, f"documents/{document}/link", {}, **EXCHANGE).status == 201
    whole = desk.get(application)["history"]
    monkeypatch.setattr(queries, "HISTORY_BYTES_MAX", 3 * len(whole[-1]["comment"]) + 10)
    assert desk.get(application)["history"] == whole[-3:]
