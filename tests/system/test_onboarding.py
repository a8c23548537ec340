"""Applications over the whole local system: real files to the local S3, a real partner's system, and kills."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.dev.demo.api import Api
from infra.dev.demo.files import document
from infra.dev.demo.onboarding import EVENT, Member, join, partner
from tests.desk import ONWARD, PARTNER_SYSTEM, PLANS
from tests.numbers import credit_code
from tests.system.city import City
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
BASE = "/v1/applications"
MODES = ("third_party_mall", "sub_platform", "event", "other")
INTEGRATED = ("third_party_mall", "sub_platform")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with City(tmp_path_factory.mktemp("onboarding")) as city:
        yield city


def institution(city: City, number: int, sub: str) -> str:
    body = {"kind": "institution", "name": f"示例{number}", "credit_code": credit_code(number)}
    answer = city.post("/v1/accounts", body, "institution", sub, f"open-{sub}")
    return str(answer.json()["id"])


def apply(city: City, sub: str, mode: str) -> str:
    body = {"mode": mode, "title": "入驻", "plan": PLANS[mode]}
    return str(city.post(BASE, body, "institution", sub, f"apply-{sub}").json()["id"])


def read(city: City, application: str) -> Any:
    return city.get(f"{BASE}/{application}", "exchange", "exchange")


def send(city: City, application: str, sub: str, kind: str, content: bytes, content_type: str) -> httpx.Response:
    body = {"kind": kind, "file_name": "f", "content_type": content_type, "bytes": len(content)}
    body["sha256"] = hashlib.sha256(content).hexdigest()
    form = city.post(f"{BASE}/{application}/documents", body, "institution", sub).json()["upload"]
    return httpx.post(form["url"], data=form["fields"], files={"file": ("f", content)}, timeout=30)


def test_one_of_each_mode_becomes_a_merchant(city: City, tmp_path: Path) -> None:
    accounts = [institution(city, number, mode) for number, mode in enumerate(MODES)]
    api = Api(city.url, city.token, lambda *_: None)
    with (
        partner(accounts[0], city.url, tmp_path / "first.key") as first,
        partner(accounts[1], city.url, tmp_path / "second.key") as second,
    ):
        systems = dict(zip(INTEGRATED, (first, second), strict=True))
        made = join(api, [Member(mode, mode, systems.get(mode)) for mode in MODES])
        assert join(api, [Member(mode, mode, systems.get(mode)) for mode in MODES]) == made
    merchants = {each["id"]: each for each in city.get("/v1/merchants")["items"]}
    assert [merchants[account]["mode"] for account in accounts] == list(MODES)
    offer = {
        "title": "票", "description": "一张", "category": "culture", "points": 1, "stock": 1, "fulfilment": "voucher",
        "per_account_limit": None, "starts_at": None, "ends_at": None,
    }  # fmt: skip
    for mode in MODES:  # what is left open is the event's own
        body = offer | EVENT if mode == "event" else offer
        assert city.post("/v1/offers", body, "institution", mode).status_code == 201
    assert city.post("/v1/offers", offer, "institution", "event").status_code == 201
    beyond = offer | {"per_account_limit": 10**6}
    assert city.post("/v1/offers", beyond, "institution", "event").status_code == 422
    for application in made:
        document = read(city, application)["documents"][0]
        link = city.post(document["link"], {}, "bureau", "bureau").json()
        assert hashlib.sha256(httpx.get(link["url"]).content).hexdigest() == document["sha256"]


def test_a_partner_with_another_key_is_no_merchant(city: City, tmp_path: Path) -> None:
    account = institution(city, 10, "liar")
    with partner(account, city.url, tmp_path / "liar.key") as integration:
        api = Api(city.url, city.token, lambda *_: None)
        with pytest.raises(SystemExit, match="handshake_failed"):
            join(api, [Member("liar", "third_party_mall", integration | {"public_key": PARTNER_SYSTEM["public_key"]})])
        [application] = city.get(BASE, "institution", "liar")["items"]
        assert application["status"] == "agreement_signed"
        join(api, [Member("liar", "third_party_mall", integration)])


@pytest.mark.parametrize("fault", ["bytes", "type", "size"])
def test_other_bytes_never_count(city: City, fault: str) -> None:
    sub = f"faulty-{fault}"
    institution(city, 20 + len(fault) + ord(fault[0]), sub)
    application = apply(city, sub, "other")
    content = b"PK\x03\x04 a zip" if fault == "type" else b"%PDF-1.4 good %%EOF"
    body = {"kind": "other", "file_name": "f.pdf", "content_type": "application/pdf", "bytes": len(content)}
    body["sha256"] = hashlib.sha256(content).hexdigest()
    form = city.post(f"{BASE}/{application}/documents", body, "institution", sub).json()["upload"]
    sent = {"bytes": content[:-1] + b"x", "type": content, "size": content + b"x"}[fault]
    answer = httpx.post(form["url"], data=form["fields"], files={"file": ("f", sent)}, timeout=30)
    if fault == "type":  # the bytes are those that were signed
        assert answer.status_code == 204
        eventually(lambda: read(city, application)["documents"][0]["status"] == "refused")
    else:
        assert answer.status_code == 400
    assert not read(city, application)["documents"][0]["counts"]


def test_a_kill_between_any_two_steps_loses_none_and_repeats_none(tmp_path: Path) -> None:
    with City(tmp_path) as city:
        account = institution(city, 0, "shop")
        application = apply(city, "shop", "third_party_mall")
        for kind in read(city, application)["required_documents"]:
            content_type, content = document(kind, "shop")
            assert send(city, application, "shop", kind, content, content_type).status_code < 300
        city.kill9()  # some have been heard of, some have not
        city.start()
        eventually(lambda: all(each["counts"] for each in read(city, application)["documents"]), 60)
        with partner(account, city.url, tmp_path / "partner.key") as integration:
            taken = _to_the_end(city, application, integration)
        answer = read(city, application)
        steps = [line["action"] for line in answer["history"] if line["action"] != "document"]
        assert steps == ["apply", *taken]
        assert len([line for line in answer["history"] if line["action"] == "document"]) == len(answer["documents"])
        assert [each["id"] for each in city.get("/v1/merchants")["items"]] == [account]


def _to_the_end(city: City, application: str, integration: dict[str, str]) -> list[str]:
    """Every step, then a kill, then the same step again."""
    taken: list[str] = []
    while (status := read(city, application)["status"]) != "active":
        action, body, who = ONWARD[status]
        by = who or {"role": "institution", "sub": "shop"}
        sent = integration if action == "integration" else body
        path, key = f"{BASE}/{application}/{action}", f"step-{action}"
        first = city.post(path, sent, by["role"], by["sub"], key)
        assert first.status_code == 200, first.text
        city.kill9()
        city.start()
        again = city.post(path, sent, by["role"], by["sub"], key)
        assert (again.text, again.headers["Idempotent-Replayed"]) == (first.text, "true")
        taken.append(action)
    return taken
