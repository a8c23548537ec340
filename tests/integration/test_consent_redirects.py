"""Where a code of consent may go: to addresses that its partner has registered, letter by letter, and to no others."""

from typing import Any

import pytest

from chalicelib.settings import settings
from tests import consents
from tests.consents import ALICE, REPORT, mall, spend
from tests.desk import EXCHANGE, PARTNER_SYSTEM, Desk, institution
from tests.world import World

SHOP = institution("shop")
HOME, OTHER = "https://mall.example.com/consented", "https://app.example.com:8444/back?from=points"
BUREAU: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
UNFIT = [
    "http://mall.example.com/consented",
    "https://mall.example.com/consented#there",
    "https://mall.example.com@thief.example/",
    "https://",
    "https:///consented",
    "https://mall.example.com:port/",
    "https://mall_.exa mple.com/",
    "https://商城.example/",
    "https://mall.example.com\\@thief.example",
    "http://localhost:8900/consented",
    "http://127.0.0.1:8900/consented",
    "javascript:alert(1)",
    "//mall.example.com/consented",
    "com.example.app:/consented",
    "",
]


def integrate(world: World, merchant: str, redirects: Any = None, **changes: Any) -> Any:
    named = {} if redirects is None else {"consent_redirects": redirects}
    return world.post(f"/v1/merchants/{merchant}/integration", PARTNER_SYSTEM | named | changes, **SHOP)


def published(world: World, merchant: str) -> list[str]:
    answer = world.get(f"/v1/merchants/{merchant}/consent-redirects")
    assert answer.status == 200, answer
    assert answer.headers["Cache-Control"] == "no-cache"  # one that was removed is gone at once
    found: list[str] = answer.body["consent_redirects"]
    return found


def test_what_a_merchant_registers_is_public_and_replaced_as_a_whole(world: World) -> None:
    shop = mall(world)
    assert published(world, shop) == []
    assert integrate(world, shop).body["consent_redirects"] == []
    assert integrate(world, shop, [HOME, OTHER]).body["consent_redirects"] == [HOME, OTHER]
    assert integrate(world, shop).body["consent_redirects"] == [HOME, OTHER]  # left out, they stay
    assert published(world, shop) == [HOME, OTHER]
    assert world.get(f"/v1/merchants/{shop}/integration", **EXCHANGE).body["consent_redirects"] == [HOME, OTHER]
    assert integrate(world, shop, []).status == 200
    assert published(world, shop) == []
    for nobody in ("nobody", world.person()):
        assert world.get(f"/v1/merchants/{nobody}/consent-redirects").refused == (404, "not_found")


def test_what_an_applicant_registers_stands_in_its_application(world: World) -> None:
    world.institution()
    desk = Desk(world)
    application = desk.bring("third_party_mall")
    assert desk.step(application, "integration", PARTNER_SYSTEM | {"consent_redirects": [HOME]}, **SHOP).status == 200
    found = desk.get(application, **SHOP)
    assert found["integration"]["consent_redirects"] == [HOME]
    assert published(world, found["applicant"]) == [HOME]


@pytest.mark.parametrize("url", UNFIT)
def test_an_address_that_no_code_may_ever_go_to_is_refused_at_its_place(
    world: World, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("ALLOW_LOCAL_PARTNERS", "0")
    settings.cache_clear()
    shop = mall(world)
    refused = integrate(world, shop, [HOME, url])
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/consent_redirects/1"])
    made = world.scenario()
    body = {name: value for name, value in made.items() if name != "version"}
    refused = world.post("/v1/scenarios", body | {"consent_redirects": [url]}, **BUREAU)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/consent_redirects/0"])
    assert published(world, shop) == []


def test_a_partner_registers_at_most_ten(world: World) -> None:
    shop = mall(world)
    many = [f"{HOME}/{number}" for number in range(11)]
    assert integrate(world, shop, many).pointers == ["/consent_redirects"]
    assert integrate(world, shop, many[:10]).status == 200


def test_on_one_machine_a_page_of_this_machine_is_taken(world: World) -> None:
    shop = mall(world)
    assert settings().allow_local_partners
    assert integrate(world, shop, ["http://127.0.0.1:8900/consented"]).status == 200
    for url in ("http://localhost:8900/consented", "http://192.168.1.1/consented", "http://127.0.0.1.example.com/"):
        assert integrate(world, shop, [url]).pointers == ["/consent_redirects/0"]


NEAR = [f"{HOME}/", f"{HOME}?x", HOME.upper(), HOME.replace("mall.", ""), "https://thief.example/", f"{HOME}/../x"]


def test_a_consent_to_spend_names_an_address_of_its_merchant_or_none(world: World) -> None:
    shop = mall(world)
    world.person()
    before = world.items()
    assert consents.consent(world, spend(shop, redirect_uri=HOME)).pointers == ["/redirect_uri"]
    assert world.items() == before
    assert integrate(world, shop, [HOME]).status == 200
    for url in NEAR:
        refused = consents.consent(world, spend(shop, redirect_uri=url))
        assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/redirect_uri"])
    offered = consents.consent(world, spend(shop, redirect_uri=HOME))
    assert offered.status == 201
    assert consents.redeem(world, offered.body["code"], **SHOP).status == 200
    assert world.post(f"/v1/grants/{offered.body['id']}/withdraw", **ALICE).status == 200
    assert consents.consent(world, spend(shop, redirect_uri=None)).status == 201


def test_a_consent_to_report_names_an_address_of_its_scenario_or_none(world: World) -> None:
    world.person()
    world.scenario()
    assert consents.consent(world, REPORT | {"redirect_uri": HOME}).pointers == ["/redirect_uri"]
    world.scenario(consent_redirects=[HOME])
    [metro] = [each for each in world.get("/v1/scenarios").body["items"] if each["code"] == "metro"]
    assert metro["consent_redirects"] == [HOME]
    for url in NEAR:
        assert consents.consent(world, REPORT | {"redirect_uri": url}).pointers == ["/redirect_uri"]
    assert consents.consent(world, REPORT | {"redirect_uri": HOME}).status == 201


def test_a_sandbox_judges_the_address_as_the_mall_does(world: World) -> None:
    shop = mall(world)
    assert integrate(world, shop, [HOME]).status == 200
    run = world.post(f"/v1/merchants/{shop}/conformance", **SHOP).body
    path = f"{run['sandbox']}/v1/grants"
    assert world.post(path, spend(shop, redirect_uri=OTHER), **SHOP).pointers == ["/redirect_uri"]
    assert world.post(path, spend(shop, redirect_uri=HOME), **SHOP).status == 201
