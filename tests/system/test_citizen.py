"""The citizen's pages in a real browser on a real stack: pages/citizen.mjs walks, and this says how it went.

Skipped one by one where there is no Chromium or no Node, so that the skips are seen.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

import pytest

from infra.dev.demo.people import institution, person
from infra.dev.faces import __main__ as make
from tests.system.city import check_books
from tests.system.conftest import eventually
from tests.system.test_certificate_pages import CHROMIUM
from tests.system.test_partners import Town
from tests.system.test_shop import Shop

SCRIPT = Path(__file__).parent / "pages" / "citizen.mjs"
JOURNEYS = re.findall(r"^  async '(.+)'\(\) \{$", SCRIPT.read_text(), re.MULTILINE)
LAST = "the pages have no errors of their own"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
    pytest.mark.skipif(
        shutil.which("node") is None or not (make.MODULES / "playwright-core").is_dir(), reason="no Node: make faces"
    ),
]


def campaign(town: Town) -> str:
    """One that anybody may donate to."""
    assert town.post("/v1/accounts", institution(1), "institution", "neutral").status_code == 201
    ends = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    words = {"title": "马拉松碳中和", "purpose": "event", "description": "为赛事排放", "target_grams": 100_000}
    made: str = town.post("/v1/campaigns", words | {"ends_at": ends}, "institution", "neutral").json()["id"]
    assert town.post(f"/v1/campaigns/{made}/approve", {}, "exchange", "exchange").status_code == 200
    return made


def described(town: Town, shop: Shop) -> dict[str, Any]:
    """What the script needs to know of the city."""
    roles = {"newcomer": "individual", "operator": "scenario_operator", "shop": "institution", "bureau": "bureau"}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    return {
        "url": town.url,
        "shop": shop.answer["callback_url"],
        "tokens": {sub: town.token(role, sub) for sub, role in roles.items()},
        "offer": town.offer(),
        "campaign": campaign(town),
        "person": person(500),
        "pkce": {"challenge": challenge, "verifier": VERIFIER},
        "chromium": CHROMIUM,
        "pictures": os.environ.get("PICTURES"),
    }


def walked(town: Town, city: dict[str, Any]) -> Iterator[str]:
    """The lines of the script. When it asks for it, everything is killed and started again."""
    make.link()
    env = os.environ | {"GIVEN": json.dumps(city)}
    command = ["node", str(SCRIPT)]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for line in cast(IO[str], process.stdout):
            if line.strip() != "@kill":
                yield line.strip()
                continue
            town.kill9()
            town.start()
            print("up", file=process.stdin, flush=True)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """How each journey ended, by its name: one stack and one browser for all of them."""
    folder: Path = tmp_path_factory.mktemp("citizen")
    with Town(folder) as town:
        town.mode = "third_party_mall"
        town.settle_down(1)
        shop = Shop(town, town.url, folder)
        try:
            town.integrate(town.shop, shop.answer["callback_url"], shop.answer["public_key"])
            found = [re.fullmatch(r"(ok|failed) ([^:]+)(.*)", line) for line in walked(town, described(town, shop))]
        finally:
            shop.browser.close()
            shop.process.terminate()
            shop.process.wait()
        eventually(lambda: town.unfiled() == 0)
        check_books(town)
    return {each[2]: each[1] + each[3] for each in found if each}


@pytest.mark.parametrize("journey", [*JOURNEYS, LAST])
def test_a_person_finds_her_way(outcome: dict[str, str], journey: str) -> None:
    assert outcome.get(journey) == "ok"
