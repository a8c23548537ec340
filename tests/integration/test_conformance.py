"""A conformance run against the example shop, and against shops that are broken in one way each."""

import importlib.util
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import app
from chalicelib.conformance import worker
from chalicelib.conformance.checks import CALLS, DELIVERIES, NAMES, NEEDED, REFUSED
from chalicelib.conformance.model import RUNS_A_DAY
from chalicelib.conformance.sandbox.items import HOLD_SECONDS
from chalicelib.partners.items import Signatures
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests import books
from tests.consents import SHOP, mall
from tests.integration.test_offer_batches import TEA
from tests.integration.test_webhooks import Clock, Post, listening
from tests.partner import register
from tests.world import CODES, Answer, World

SCRIPT = Path(app.__file__).parent / "docs" / "examples" / "partner.py"
REAL = "/v1/offer-batches"
EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
UNREFUSED, CALLED = list(REFUSED), [each.name for each in CALLS if not each.optional]


class Example:
    """docs/examples/partner.py in this process; what it asks of the platform goes to ``world``."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.module = world, _module()
        self.merchant = mall(world)
        self.tries: list[tuple[str, str]] = []
        self.rehearsals: list[Callable[[], None]] = []
        monkeypatch.setattr(self.module, "RETRY_PAUSES_SECONDS", (0, 0))
        monkeypatch.setattr(self.module.Platform, "_once", lambda us, path, raw, key: self._once(us, path, raw, key))
        monkeypatch.setattr(self.module.Platform, "keys", lambda us: self._keys())
        monkeypatch.setattr(self.module, "threading", self)
        key = Ed25519PrivateKey.generate()
        self.platform = self.module.Platform(self.merchant, key, "http://127.0.0.1", "", signs=True)
        self.handler = type("Handler", (self.module.Handler,), {"shop": self.module.Shop(self.platform)})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def register(self, signatures: Signatures = "required", public_key: str = "") -> None:
        url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        register(self.merchant, url, public_key or self.platform.public_key, signatures=signatures)

    def Thread(self, target: Callable[..., None], args: tuple[Any, ...], **_: Any) -> Any:
        """What the shop would do in a thread, it does when a test says so."""
        self.rehearsals.append(lambda: target(*args))
        return threading.Thread()

    def _once(self, us: Any, path: str, raw: bytes, key: str) -> dict[str, Any]:
        whole = us.url.removeprefix("http://127.0.0.1") + path
        signature = us.sign("POST", whole, raw, key) if us.signs else {}
        self.tries.append((whole, key))
        answer = self.world.post(whole, json.loads(raw), key=key, headers=signature, **SHOP)
        if answer.status >= 500:
            raise OSError
        if answer.status >= 400:
            raise self.module.Refused(answer.body)
        found: dict[str, Any] = answer.body
        return found

    def _keys(self) -> Any:
        return self.world.get(f"/v1/webhook-keys/{self.merchant}").body["keys"]

    def rehearse(self) -> None:
        for each in self.rehearsals:
            try:
                each()
            except (self.module.Refused, OSError, KeyError):
                continue
        self.rehearsals.clear()


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_partner", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def post(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setattr(worker, "datetime", Clock)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with listening(world, monkeypatch) as made:
        yield made


@pytest.fixture
def example(world: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> Iterator[Example]:
    made = Example(world, monkeypatch)
    yield made
    made.server.shutdown()
    made.server.server_close()


def start(world: World, merchant: str, **options: Any) -> Answer:
    return world.post(f"/v1/merchants/{merchant}/conformance", **(SHOP | options))


def read(world: World, run: dict[str, Any]) -> dict[str, Any]:
    answer = world.get(f"/v1/merchants/{run['merchant']}/conformance/{run['id']}", **SHOP)
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.body
    return found


def conduct(world: World, post: Post, example: Example) -> dict[str, Any]:
    """A whole run: webhooks, what the shop does in the sandbox, the hold that expires, and the end."""
    run = start(world, example.merchant).body
    post.drain()
    example.rehearse()
    Clock.ahead += timedelta(seconds=HOLD_SECONDS + 1)
    post.drain()
    held_back = [message for message, _ in post.sent]
    post.sent.clear()
    for message in held_back:
        post.deliver(message)
    post.drain()
    return read(world, run)


def end(world: World, merchant: str) -> None:
    """The latest run has ended by now."""
    commit([update(keys.conformance_head(merchant), assign={"ends_at": "2020-01-01T00:00:00.000Z"})])


def failed(run: dict[str, Any]) -> list[str]:
    return [each["name"] for each in run["steps"] if each["state"] == "failed"]


def test_the_example_shop_passes_and_nothing_of_an_account_has_moved(
    world: World, post: Post, example: Example
) -> None:
    example.register()
    world.rich(points=1000)
    before = {item["pk"]["S"] for item in world.items() if "account" in str(item["sk"])}
    run = conduct(world, post, example)
    assert [(each["name"], each["state"], each["came"]) for each in run["steps"] if each["state"] != "passed"] == []
    assert (run["status"], run["passed"], run["waiting"]) == ("passed", len(NAMES), 0)
    assert run["finished_at"]
    assert all(each["fix"] is None and each["came"] and each["came_zh"] for each in run["steps"])
    assert {item["pk"]["S"] for item in world.items() if "account" in str(item["sk"])} == before
    assert not any(record.get("movement") for record in world.records() if "sandbox" in record["kind"])
    assert world.get("/v1/holds", **SHOP).body["items"] == world.get("/v1/grants", **SHOP).body["items"] == []
    books.check(world)
    [listed] = world.get(f"/v1/merchants/{example.merchant}/conformance", **SHOP).body["items"]
    assert listed == {name: value for name, value in run.items() if name != "steps"}
    Clock.ahead = timedelta()
    for _ in range(RUNS_A_DAY - 1):
        end(world, example.merchant)
        assert start(world, example.merchant).status == 202  # the one before has ended
    refused = start(world, example.merchant)
    assert (refused.refused, refused.body["run"]) == (
        (409, "invalid_state"),
        world.get(f"/v1/merchants/{example.merchant}/conformance", **SHOP).body["items"][0]["id"],
    )
    end(world, example.merchant)
    assert start(world, example.merchant, **EXCHANGE).refused == (409, "limit_reached")


Break = Callable[[Example, pytest.MonkeyPatch], None]


def _verifies_nothing(shop: Example, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shop.module.Platform, "verify", lambda *_: True)


def _trusts_any_time(shop: Example, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shop.module, "TOLERANCE_SECONDS", 10**6)


def _ignores_the_body(shop: Example, patch: pytest.MonkeyPatch) -> None:
    verify, last = shop.module.Platform.verify, dict[str, bytes]()

    def only_ids(us: Any, headers: dict[str, str], body: bytes) -> Any:
        last.setdefault("body", body)
        return verify(us, headers, body) or b'"points":3,' in body

    patch.setattr(shop.module.Platform, "verify", only_ids)


def _answers(shop: Example, patch: pytest.MonkeyPatch, when: Callable[[str, dict[str, Any]], bool], how: int) -> None:
    """It answers ``how`` where ``when`` says so of the id and the event, instead of 204."""
    receive, reply = shop.module.Shop.receive, shop.module.Handler.reply
    odd: list[bool] = []

    def note(us: Any, id: str, event: dict[str, Any]) -> None:
        odd.append(when(id, event))
        receive(us, id, event)

    def answer(us: Any, status: int, body: bytes, headers: Any = None) -> None:
        reply(us, how if status == 204 and odd.pop() else status, body, headers)

    patch.setattr(shop.module.Shop, "receive", note)
    patch.setattr(shop.module.Handler, "reply", answer)


def _refuses_what_it_has_seen(shop: Example, patch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def again(id: str, _: dict[str, Any]) -> bool:
        seen.append(id)
        return seen.count(id) > 1

    _answers(shop, patch, again, 409)


def _refuses_unknown_types(shop: Example, patch: pytest.MonkeyPatch) -> None:
    _answers(shop, patch, lambda _, event: event["type"] == "test.unknown", 422)


def _waits_for_the_order(shop: Example, patch: pytest.MonkeyPatch) -> None:
    placed: set[str] = set()

    def too_early(_: str, event: dict[str, Any]) -> bool:
        order = event["data"].get("redemption", "")
        if event["type"] == "order.placed":
            placed.add(order)
        return event["type"] == "order.refunded" and order not in placed

    _answers(shop, patch, too_early, 500)


def _answers_410_to_disputes(shop: Example, patch: pytest.MonkeyPatch) -> None:
    _answers(shop, patch, lambda _, event: event["type"] == "dispute.opened", 410)


def _hangs(shop: Example, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(worker, "TRY_SECONDS", 0.2)
    done = threading.Event()
    receive = shop.module.Shop.receive

    def slowly(us: Any, id: str, event: dict[str, Any]) -> None:
        if event["type"] == "licence.ending":
            done.wait(1)
        receive(us, id, event)

    patch.setattr(shop.module.Shop, "receive", slowly)


def _gives_up(shop: Example, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shop.module, "RETRY_PAUSES_SECONDS", ())


def _makes_a_new_key(shop: Example, patch: pytest.MonkeyPatch) -> None:
    once = shop.module.Platform._once
    patch.setattr(
        shop.module.Platform, "_once", lambda us, path, raw, key: once(us, path, raw, f"{key}-{len(shop.tries)}")
    )


def _captures_all(shop: Example, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shop.module, "GOODS", {"tea": ("tea", 500, 0), "badge": ("badge", 300, 0)})


def _lines(shop: Example, patch: pytest.MonkeyPatch, changed: Callable[[dict[str, Any], str], dict[str, Any]]) -> None:
    """Its catalogue has other lines; ``changed`` gets each, and the key of its batch."""
    send = shop.module.Platform.send

    def other(us: Any, path: str, body: Any, key: str) -> Any:
        lines = [changed(each, key) for each in body.get("offers", ())]
        return send(us, path, body | ({"offers": lines} if lines else {}), key)

    patch.setattr(shop.module.Platform, "send", other)


def _forgets_the_description(shop: Example, patch: pytest.MonkeyPatch) -> None:
    _lines(shop, patch, lambda line, _: {name: value for name, value in line.items() if name != "description"})


def _takes_stock_back(shop: Example, patch: pytest.MonkeyPatch) -> None:
    _lines(shop, patch, lambda line, key: line | {"stock": 100 // int(key[-1])})


def _never_releases(shop: Example, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shop.module.Shop, "release", lambda *_: None)


def _signs_with_another_key(shop: Example, patch: pytest.MonkeyPatch) -> None:
    sign, other = shop.module.Platform.sign, Ed25519PrivateKey.generate()
    impostor = shop.module.Platform("", other, "", "", signs=True)
    patch.setattr(shop.module.Platform, "sign", lambda _, *request: sign(impostor, *request))


def _sends_a_wrong_verifier(shop: Example, patch: pytest.MonkeyPatch) -> None:
    consent = shop.module.Shop.consent

    def forgets(us: Any, customer: str) -> Any:
        asked = consent(us, customer)
        us.verifiers[customer] = "x" * 43
        return asked

    patch.setattr(shop.module.Shop, "consent", forgets)


BROKEN: dict[Break, tuple[list[str], str]] = {
    _verifies_nothing: (UNREFUSED, "It answered 204."),
    _trusts_any_time: (["old_timestamp"], "It answered 204."),
    _ignores_the_body: (["changed_body"], "It answered 204."),
    _refuses_what_it_has_seen: (["duplicate"], "It answered 409."),
    _refuses_unknown_types: (["unknown_type"], "It answered 422."),
    _waits_for_the_order: (["out_of_order"], "It answered 500."),
    _answers_410_to_disputes: (["dispute.opened"], "It answered 410."),
    _hangs: (["licence.ending"], "The answer did not come within 5 seconds."),
    _gives_up: (["retry", "capture", "refund", "release", "expiry"], "Nothing came."),
    _makes_a_new_key: (["retry", "capture", "refund", "release", "expiry"], "order_reference_used:"),
    _forgets_the_description: (["catalogue"], "tea: invalid_request: /description: "),
    _takes_stock_back: (["catalogue_again"], "tea: invalid_request: /stock: "),
    _captures_all: (["capture", "refund", "release"], "invalid_request:"),
    _never_releases: (["release"], "Nothing came."),
    _signs_with_another_key: (["hold", "retry", "capture", "refund", "release", "expiry"], "signature_invalid:"),
    _sends_a_wrong_verifier: (CALLED, "invalid_grant:"),
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.__name__)
def test_a_shop_that_is_broken_fails_where_it_is_broken(
    world: World, post: Post, example: Example, monkeypatch: pytest.MonkeyPatch, broken: Break
) -> None:
    steps, came = BROKEN[broken]
    example.register()
    broken(example, monkeypatch)
    run = conduct(world, post, example)
    if run["status"] == "running":  # something that the shop did not do is waited for until the end
        Clock.ahead += timedelta(minutes=11)
        worker.resume(Clock.now(UTC))
        post.drain()
        run = read(world, run)
    assert sorted(failed(run)) == sorted(steps)
    first = next(each for each in run["steps"] if each["name"] == steps[0])
    assert first["came"].startswith(came)
    assert first["fix"]
    assert first["fix_zh"]
    assert first["came_zh"]


@pytest.mark.parametrize("skus", ["none", "others each night"])
def test_a_catalogue_may_be_left_out(
    world: World, post: Post, example: Example, monkeypatch: pytest.MonkeyPatch, skus: str
) -> None:
    example.register()
    if skus == "none":
        monkeypatch.setattr(example.module.Shop, "sync", lambda *_: None)
    else:
        _lines(example, monkeypatch, lambda line, key: line | {"sku": f"{line['sku']}-{key[-1]}"})
    run = conduct(world, post, example)
    left_out = [each["name"] for each in run["steps"] if each["state"] == "skipped"]
    assert left_out == (["catalogue", "catalogue_again"] if skus == "none" else ["catalogue_again"])
    assert (run["status"], run["skipped"], run["failed"], run["waiting"]) == ("passed", len(left_out), 0, 0)
    step = next(each for each in run["steps"] if each["name"] == left_out[0])
    assert (step["came"], step["fix"]) == ("It was left out, which is allowed.", None)


def test_a_catalogue_of_the_sandbox_is_judged_as_that_of_the_mall_and_sells_nothing(
    world: World, post: Post, example: Example
) -> None:
    example.register("optional")
    path = f"{start(world, example.merchant).body['sandbox']}/v1/offer-batches"
    tea, bus = TEA, TEA | {"sku": "BUS", "stock": 5}
    batches = [[tea, bus], [tea, bus | {"stock": 8}], [tea | {"points": 7}], [tea], [bus | {"stock": 7}]]
    batches += [[tea | {"fulfilment": "voucher"}], [{"sku": "NEW", "points": 1}], [tea | {"status": "off_shelf"}]]
    asked = [[world.post(to, {"offers": each}, **SHOP).body["offers"] for each in batches] for to in (path, REAL)]
    seen, real = ([{name: each for name, each in line.items() if name != "offer"} for batch in all_of for line in batch]
                  for all_of in asked)  # fmt: skip
    assert seen == real
    assert {line["result"] for line in seen} == {"created", "changed", "unchanged", "refused"}
    [first], *_ = ([line["offer"] for line in batch if line["sku"] == tea["sku"]] for batch in asked[0])
    assert world.get(f"/v1/offers/{first}").refused == (404, "not_found")
    assert len(world.get("/v1/offers", status="all", merchant=example.merchant, **SHOP).body["items"]) == 2
    stranger = {"role": "institution", "sub": "stranger"}
    assert world.post(path, {"offers": [tea]}, **stranger).refused == (404, "not_found")
    assert world.post(path, {"offers": [tea, tea]}, **SHOP).pointers == ["/offers"]


def test_a_system_that_does_not_prove_itself_costs_one_call(world: World, post: Post, example: Example) -> None:
    other = example.module.Platform("", Ed25519PrivateKey.generate(), "", "", signs=True)
    example.register(public_key=other.public_key)
    run = conduct(world, post, example)
    came = {each["name"]: each["came"] for each in run["steps"]}
    assert (run["status"], run["failed"], run["skipped"]) == ("failed", len(NEEDED), len(NAMES) - len(NEEDED))
    assert (came["handshake"], came["hold"]) == ("The answer is not signed by public_key.", "It was not tried.")


def test_who_has_no_system_or_another_merchants_is_refused(world: World, post: Post, example: Example) -> None:
    assert start(world, example.merchant).refused == (409, "invalid_state")
    example.register()
    other = world.merchant("other", CODES[1])
    stranger = {"role": "institution", "sub": "other"}
    assert start(world, example.merchant, **stranger).refused == (404, "not_found")
    assert start(world, other, **stranger).refused == (409, "invalid_state")
    run = start(world, example.merchant, **EXCHANGE).body
    assert run["status"] == "running"
    path = f"/v1/merchants/{example.merchant}/conformance/{run['id']}"
    assert world.get(path, **stranger).status == 404
    assert world.get(path.replace(example.merchant, other), **stranger).status == 404
    assert world.get(path, role="auditor", sub="a").status == 200
    assert world.post(f"{run['sandbox']}/v1/holds/x/release", **stranger).refused == (404, "not_found")


def test_a_hold_of_the_sandbox_is_captured_or_released_once_and_not_after_its_end(
    world: World, post: Post, example: Example
) -> None:
    example.register("optional")
    run = start(world, example.merchant).body
    shop = example.module.Shop(
        example.module.Platform(
            example.merchant, example.platform.key, f"http://127.0.0.1{run['sandbox']}", "", signs=False
        )
    )
    order = shop.buy("c", "tea")
    code = shop.platform.send("/v1/grants", shop.consent("c"), "consent")["code"]
    shop.redeem(order, code)
    assert example.tries[-1] == example.tries[-2]  # the answer was lost, and the same request came again
    shop.serve(order)
    path = f"{run['sandbox']}/v1/holds/{order.hold}"
    assert world.post(f"{path}/capture", {"points": 1}, **SHOP).refused == (409, "invalid_state")
    assert world.post(f"{path}/release", **SHOP).refused == (409, "invalid_state")
    for points, status in ((501, 422), (200, 200), (300, 200), (1, 409)):
        assert world.post(f"{path}/refund", {"points": points}, **SHOP).status == status
    over = world.post(
        f"{run['sandbox']}/v1/grants/redeem", {"code": code, "code_verifier": "x" * 43, "reference": "r"}, **SHOP
    )
    assert over.refused == (422, "invalid_grant")
    used = {
        "grant": shop.grants["c"],
        "points": 10,
        "order_reference": order.reference,
        "title": "t",
        "expires_in_seconds": 60,
    }
    assert world.post(f"{run['sandbox']}/v1/holds", used, **SHOP).refused == (409, "order_reference_used")
    dear = used | {"order_reference": "dear", "points": 1001}
    assert world.post(f"{run['sandbox']}/v1/holds", dear, **SHOP).refused == (409, "limit_reached")
    states = {each["name"]: each["state"] for each in read(world, run)["steps"]}
    assert {states[name] for name in ("grant", "hold", "retry", "capture", "refund")} == {
        "passed"
    }  # what has passed stays so
    assert states["release"] == "failed"
    commit([update(keys.conformance(run["id"]), assign={"ends_at": "2020-01-01T00:00:00.000Z"})])
    assert world.post(f"{path}/release", **SHOP).refused == (409, "invalid_state")


def test_a_run_whose_worker_died_goes_on_by_the_schedule(
    world: World, post: Post, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    example.register()
    run = start(world, example.merchant).body

    def dies(*_: Any) -> Any:
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(worker, "_try", dies)
        with pytest.raises(SystemError):
            worker.handle({"conformance": run["id"]})
    worker.handle({"conformance": run["id"]})  # another worker may still be at it
    assert not any(each["at"] for each in read(world, run)["steps"])
    Clock.ahead += timedelta(seconds=60)
    worker.resume(Clock.now(UTC))
    post.drain()
    assert read(world, run)["passed"] == len(DELIVERIES)
