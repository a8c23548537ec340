"""Portal, desk and transparency page in a real browser, against a whole local system."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.dev.demo.files import document
from infra.dev.demo.onboarding import partner
from infra.dev.demo.people import institution
from infra.dev.faces import __main__ as faces
from tests.numbers import credit_code
from tests.system.city import City
from tests.system.conftest import eventually

CHROMIUM = shutil.which("chromium")
PAGES = Path(__file__).parent / "pages"
KINDS = ("application_form", "business_licence", "legal_person_identity", "credit_report", "user_agreement")
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not CHROMIUM or not shutil.which("node") or not (faces.MODULES / "playwright-core").is_dir(),
        reason="no Chromium, or no Node: the pages are not tried",
    ),
]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    faces.link()
    with City(tmp_path_factory.mktemp("offices")) as city:
        city.settle_down(1)
        yield city


def travel(city: City, journey: str, **given: Any) -> dict[str, Any]:
    """What a journey found. It fails where its page does."""
    words = json.dumps({"url": city.url, "chromium": CHROMIUM} | given)
    done = subprocess.run(
        ["node", str(PAGES / f"{journey}.mjs")], input=words, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["violations"] == []
    assert found["faults"] == []
    assert found["visited"]
    return found


def test_an_institution_becomes_a_merchant_through_the_pages(city: City, tmp_path: Path) -> None:
    paths: dict[str, str] = {}
    for kind in KINDS:
        content_type, content = document(kind, "bakery")
        path = tmp_path / f"{kind}.{ENDINGS[content_type]}"
        path.write_bytes(content)
        paths[kind] = str(path)
    body = {"kind": "institution", "name": "海洋面包房", "credit_code": credit_code(78)}
    account = city.post("/v1/accounts", body, "institution", "bakery").json()["id"]
    with partner(account, city.url, tmp_path / "partner.key") as system:
        found = travel(city, "joining", credit_code=credit_code(77), documents=paths, system=system)
    assert "方可通过" in found["refusal"]
    merchant = city.get(f"/v1/merchants/{account}")
    assert (merchant["name"], merchant["status"], merchant["mode"]) == ("海洋面包房", "active", "third_party_mall")
    [application] = city.get("/v1/applications", "institution", "bakery")["items"]
    actions = [line["action"] for line in application["history"] if line["action"] not in ("document", "link")]
    assert actions == ["apply", "submit", "review", "opinion", "acknowledge", "agreement", "integration"]
    [offer] = city.get(f"/v1/offers?merchant={account}")["items"]
    assert (offer["points"], offer["stock"]) == (500, 120)


def test_officials_decide_and_anyone_verifies_through_the_pages(city: City, tmp_path: Path) -> None:
    city.report(0, 5000)
    body = {"points": 1000, "purpose": "抵消我的出行"}
    serial = city.post("/v1/cancellations", body, "individual", "p0").json()["certificate"]["serial"]
    revoked = city.post("/v1/cancellations", body, "individual", "p0").json()["certificate"]["serial"]
    eventually(lambda: city.get(f"/v1/certificates/{serial}")["jws"] is not None, 30)
    eventually(lambda: city.get(f"/v1/certificates/{revoked}")["jws"] is not None, 30)
    sent = city.post(f"/v1/certificates/{revoked}/revoke", {"reason": "数据有误"}, "exchange", "exchange")
    assert sent.status_code == 200
    reduction = city.report(0, 700, scenario="garden").json()["id"]
    found = travel(city, "deciding", **_files(city, serial, revoked, tmp_path))
    assert "追回 700" in found["news"]
    after = city.get(f"/v1/reductions/{reduction}", "bureau", "bureau")
    evidence = hashlib.sha256((tmp_path / "evidence.txt").read_bytes()).hexdigest()
    assert (after["status"], after["reason"], after["evidence_sha256"]) == ("reversed", "核查发现重复上报", evidence)
    assert found["report"].startswith("﻿")
    assert found["verdicts"] == {
        "valid": "valid",
        "revoked": "revoked",
        "unknown": "unknown",
        "pdf": "valid",
        "json": "valid",
        "jws": "valid",
        "altered pdf": "altered",
        "altered json": "altered",
        "altered jws": "altered",
        "no certificate": "unknown",
        "offline": "unchecked",
    }
    assert found["small"] == []


def test_what_somebody_has_entered_stays_while_late_answers_come(city: City) -> None:
    city.at_once(lambda _: city.report(0, 10, scenario="garden"), range(25))
    found = travel(city, "waiting")
    assert found["reported"] == found["distinct"] >= 25
    assert found["afterwards"] == found["reported"] - 1
    assert found["entered"] == ["confirmed", "2026-01-01"]
    assert found["focused"] == "from"
    assert found["last"] == ["reported", 20]
    assert found["left"] == []
    assert "请登录后重试" in found["why"]


def test_each_page_is_complete_in_english_and_in_large_letters_and_who_leaves_leaves_nothing(city: City) -> None:
    city.offer()
    data = [
        institution(0)["name"],
        "票",
        "一张",
        "出行",
        "方法学",
        "海洋面包房",
        "面包房入驻",
        "法棍",
        "一根",
        "账户开立登录主体",
    ]
    found = travel(city, "reading", data=data, pictures=os.environ.get("PICTURES"))
    assert found["chinese"] == []
    assert found["small"] == []
    assert found["wide"] == []
    assert found["left"] == []


def _files(city: City, serial: str, revoked: str, folder: Path) -> dict[str, Any]:
    """The same certificate in each form, as it is and altered."""
    place = f"{city.url}/v1/certificates/{serial}"
    pdf = httpx.get(place, headers={"Accept": "application/pdf"}).content
    stated = httpx.get(place).json()
    head, claims, signature = stated["jws"].split(".")
    files = {
        "pdf": ("a.pdf", pdf),
        "json": ("b.json", json.dumps(stated).encode()),
        "jws": ("c.jws", stated["jws"].encode()),
        "altered pdf": ("d.pdf", pdf.replace(b"/Title", b"/Titel")),
        "altered json": ("e.json", json.dumps(stated | {"grams": 999_999}).encode()),
        "altered jws": ("f.jws", f"{head}.{claims}.{signature[:-4]}AAAA".encode()),
        "no certificate": ("g.txt", b"hello"),
    }
    for name, content in files.values():
        (folder / name).write_bytes(content)
    (folder / "evidence.txt").write_text("the same trip was reported twice")
    return {
        "serials": {
            "valid": serial.lower(),
            "revoked": place.replace(serial, revoked),
            "unknown": f"SH{serial[2:][::-1]}",
        },
        "files": {name: str(folder / file) for name, (file, _) in files.items()},
        "evidence": str(folder / "evidence.txt"),
    }
