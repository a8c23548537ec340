"""The description is true: valid, complete, and what the running platform really answers."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.edge.endpoints import ENDPOINTS
from chalicelib.errors import Refusal
from infra.release import faces
from tests.world import PEOPLE, Answer, World

ASSETS = {
    "/docs/{version}/{name}",
    "/certificates/{version}/{name}",
    "/certificates",
}  # parts of pages, not for callers
# Refusals that no route lists, and why
UNLISTED = {
    "method_not_allowed": "the answer to a method that is not in the document",
    "malformed_request": "the answer to what is not HTTP",
}
JSON = "application/json"
PROBLEM = "application/problem+json"


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    answer = world.get("/openapi.json")
    assert answer.status == 200
    found: dict[str, Any] = answer.body
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def faults(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    whole = schema | {"components": document["components"]}
    validator = OAS31Validator(whole, format_checker=oas31_format_checker)
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(value)]


def _operations(document: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    return {each["operationId"]: (path, each) for path, ways in document["paths"].items() for each in ways.values()}


def test_links_lead_from_an_answer_to_the_routes_that_take_its_id(document: dict[str, Any]) -> None:
    known = _operations(document)
    led = [
        (path, link)
        for path, each in known.values()
        for answer in each["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    for path, link in led:
        target, operation = known[link["operationId"]]
        assert target.startswith(path + "/{")
        taken = {each["name"] for each in operation["parameters"] if each.get("in") == "path"}
        assert link["parameters"].keys() == taken
    orders = known["redeem"][1]["responses"]["201"]["links"]
    assert orders["cancel_order"]["parameters"] == {"id": "$response.body#/id"}
    assert known["publish_scenario"][1]["responses"]["201"]["links"]["end_scenario"]["parameters"] == {
        "code": "$response.body#/code"
    }
    assert len(led) > 80


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_route_is_listed_and_nothing_else(document: dict[str, Any]) -> None:
    import app

    served = {(method, path) for path, methods in app.app.routes.items() for method in methods}
    # HEAD is as GET, without a body; OPTIONS is what browsers ask
    served -= {(method, path) for method, path in served if method in {"HEAD", "OPTIONS"}}
    assert {(method, path) for method, path, _ in operations(document)} == served - {("GET", path) for path in ASSETS}


def test_operations_have_names_of_their_own_a_summary_and_a_described_tag(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    for _, path, operation in operations(document):
        assert set(operation["tags"]) <= tags, path
        assert operation["summary"], path


def test_guarded_routes_ask_for_a_token_and_name_their_roles(document: dict[str, Any]) -> None:
    for endpoint in ENDPOINTS:
        if endpoint.path in ASSETS:
            continue
        operation = document["paths"][endpoint.path][endpoint.method.lower()]
        either: list[Any] = [{}, {"bearer": []}] if hasattr(endpoint.takes, "for_roles") else []
        assert operation["security"] == ([{"bearer": []}] if endpoint.allow else either)
        assert all(f"`{role}`" in operation["description"] for role in endpoint.allow)


def test_every_refusal_is_listed_by_a_route_and_has_an_example(document: dict[str, Any]) -> None:
    listed = {
        code
        for _, _, operation in operations(document)
        for response in operation["responses"].values()
        for code in response.get("content", {}).get(PROBLEM, {}).get("examples", {})
    }
    ours = {code for code, kind in Refusal.registry.items() if kind.__module__.startswith("chalicelib.")}
    assert ours - listed == set(UNLISTED)
    assert ours <= set(document["components"]["examples"])


def test_request_examples_are_accepted_by_their_models_and_schemas(document: dict[str, Any]) -> None:
    for endpoint in ENDPOINTS:
        if endpoint.method == "GET":
            continue
        content = document["paths"][endpoint.path][endpoint.method.lower()]["requestBody"]["content"][JSON]
        assert content["examples"]
        for example in content["examples"].values():
            endpoint.takes.model_validate_json(json.dumps(example["value"]))
            assert faults(document, content["schema"], example["value"]) == [], endpoint.path


def test_answer_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                if "example" in content:
                    assert faults(document, content["schema"], content["example"]) == [], (method, path)
                for code in content.get("examples", ()):
                    example = document["components"]["examples"][code]["value"]
                    assert faults(document, content["schema"], example) == [], (method, path, code)
                    assert example["status"] == int(status)


def test_patterns_mean_the_same_in_ecma_262(document: dict[str, Any]) -> None:
    patterns = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(document)))
    assert patterns
    for pattern in map(json.loads, patterns):
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        assert not re.search(r"\(\?(?![:=!])|\\[AZzpPhGKR]|[*+?}]\+|\[\[:", pattern), pattern


def described(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The operation that a call is an instance of; a literal segment wins."""
    for template in sorted(document["paths"], key=lambda each: each.count("{")):
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
            found: dict[str, Any] = document["paths"][template][method.lower()]
            return found
    raise LookupError(path)


class Checked:
    """A World whose every answer must be as the document says."""

    def __init__(self, world: World, document: dict[str, Any]) -> None:
        self._call, self._document = world.call, document
        self.seen: set[tuple[str, str]] = set()

    def __call__(self, method: str, path: str, *args: Any, **options: Any) -> Answer:
        answer = self._call(method, path, *args, **options)
        operation = described(self._document, method, path)
        assert str(answer.status) in operation["responses"], (method, path, answer)
        contents = operation["responses"][str(answer.status)]["content"]
        content = contents[answer.headers["Content-Type"].partition(";")[0]]
        assert faults(self._document, content["schema"], answer.body) == [], (method, path, answer)
        self.seen.add((operation["operationId"], str(answer.body.get("code", answer.status))))
        return answer


def test_the_running_platform_answers_as_described(
    world: World, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = Checked(world, document)
    monkeypatch.setattr(world, "call", checked)
    alice: dict[str, Any] = {"role": "individual", "sub": "alice"}
    bureau: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
    shop: dict[str, Any] = {"role": "institution", "sub": "shop"}

    world.get("/v1/accounts/me", **alice)
    merchant, account = world.merchant(), world.person()
    world.post("/v1/accounts", {"kind": "individual", "name": "王", "identity_number": PEOPLE[1]}, **alice)
    world.scenario()
    world.scenario("bus", confirmation="manual")
    world.post("/v1/scenarios", {"code": "Metro"}, **bureau)
    world.report(account, "100", record="trip-a")
    world.report(account, "100", record="trip-a")
    for step, body in (("confirm", {}), ("reject", {"reason": "no"})):
        waiting = world.report(account, "10", scenario="bus").body["id"]
        world.get("/v1/reductions", **bureau)
        world.post(f"/v1/reductions/{waiting}/{step}", body, **bureau)
        world.post(f"/v1/reductions/{waiting}/{step}", body, **bureau)
        world.get(f"/v1/reductions/{waiting}", **bureau)

    offer = world.offer(points=1000, stock=2, per_account_limit=2)
    first = world.redeem(offer, key="once").body["id"]
    assert world.redeem(offer, key="once").headers["Idempotent-Replayed"] == "true"
    world.redeem(offer, 2000, 2, key="once")
    world.redeem(offer, 999)
    world.redeem(offer, 3000, 3)
    world.redeem("nothing")
    dear = world.offer(points=10**6)
    world.redeem(dear, 10**6)
    world.post(f"/v1/redemptions/{first}/fulfil", {"voucher": "SH-1", "note": None}, **shop)
    world.post(f"/v1/redemptions/{first}/fulfil", {"voucher": "SH-1", "note": None}, **shop)
    world.get("/v1/redemptions", limit=1, **alice)
    world.get(f"/v1/redemptions/{first}", **alice)
    world.post(f"/v1/redemptions/{first}/refund", **shop)
    world.post(f"/v1/redemptions/{first}/refund", **shop)
    world.call("PATCH", f"/v1/offers/{dear}", {"status": "off_shelf"}, **shop)
    world.call("PATCH", f"/v1/offers/{dear}", {}, **shop)
    world.redeem(dear, 10**6)
    world.post("/v1/merchants", {"account": merchant, "mode": "other", "reason": "again"}, role="exchange", sub="x")

    world.stream()
    for path in ("/v1/scenarios", "/v1/offers", f"/v1/offers/{offer}", "/v1/offers/none", "/v1/merchants"):
        world.get(path)
    for path in (f"/v1/merchants/{merchant}", "/v1/supply", "/v1/health", "/problems", "/problems/sold_out"):
        world.get(path)
    world.get("/v1/offers", limit=0)
    world.get("/v1/offers", cursor="forged")
    world.get("/v1/health", unknown=1)
    world.get("/v1/accounts/me", **alice)
    world.get("/v1/accounts/me", **bureau)
    world.get("/v1/accounts/me/entries", limit=2, **alice)
    world.post("/v1/accounts/me/close", **alice)
    world.post("/v1/redemptions", raw=b"{", **alice)
    world.post("/v1/redemptions", raw=b" " * 262145, **alice)
    world.post("/v1/redemptions", key=None, **alice)
    world.post("/v1/redemptions", headers={"Content-Type": "text/plain"}, **alice)

    codes = {code for _, code in checked.seen}
    assert codes >= {
        "not_found", "account_exists", "invalid_request", "already_reported", "invalid_state", "idempotency_key_reused",
        "price_changed", "limit_reached", "offer_unavailable", "insufficient_points", "already_refunded",
        "already_merchant", "role_not_allowed", "malformed_json", "body_too_large", "idempotency_key_required",
        "unsupported_media_type",
    }  # fmt: skip


def test_the_front_page_says_what_this_is_and_shows_the_live_supply(world: World) -> None:
    world.rich(points=7_100)
    world.stream()
    page = world.get("/", headers={"Accept": "text/html"})
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    text = page.body.decode()
    assert text.count("7,100") == 3
    for use in ("兑换", "注销", "捐赠", "回兑"):  # what becomes of points
        assert use in text
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    linked = re.findall(r'(?:href|action)="(/[^"]*)"', text)
    assert {f"/{face}/" for face in faces.PAGES} <= set(linked)
    for path in [path for path in linked if not faces.file_of(path)]:
        expected = 303 if path == "/certificates" else 200
        assert world.get(path, headers={"Accept": "*/*"}).status == expected, path


def test_a_program_gets_the_addresses_of_the_front_page(world: World) -> None:
    links = world.get("/").body
    assert links == {"docs": "/docs", "openapi": "/openapi.json", "problems": "/problems", "supply": "/v1/supply"}


def test_the_form_of_the_front_page_leads_to_the_certificate(world: World) -> None:
    found = world.get("/certificates", serial=" sh26 7KQ4/..")
    assert (found.status, found.headers["Location"]) == (303, "/v1/certificates/sh26%207KQ4%2F..")
    assert world.get("/certificates").headers["Location"] == "/"
