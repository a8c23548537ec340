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

from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from infra.dev.demo import onboarding
from infra.dev.demo.api import Api
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
# What people and merchants have written is Chinese in English pages, too
DATA = (
    "经核查，该行程未发生",
    "抵消上海至北京的出行",
    "昆曲门票",
    "龙井茶一杯",
    "票",
    "一张",
    "出行",
    "马拉松碳中和",
    "为赛事排放",
    "报名后抽签",
)
OFFER = {"description": "一张", "cancellable_minutes": None}
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


def draw(town: Town) -> dict[str, str]:
    """A theatre's event, whose one seat is given by a draw: the event and its offer."""
    assert town.post("/v1/accounts", institution(2), "institution", "theatre").status_code == 201
    now = datetime.now(UTC)
    starts, ends = now.isoformat(), (now + timedelta(days=30)).isoformat()
    plan = {"goods": "昆曲门票", "quantity": 1, "per_account_limit": 1, "rules": "报名后抽签", "allocation": "draw"}
    times = {"starts_at": starts, "opens_at": starts, "ends_at": ends}
    api = Api(town.url, town.token, lambda done, total, what: None)
    theatre = onboarding.Member("theatre", "event", plan=plan | times | {"draws_at": ends})
    [event] = onboarding.join(api, [theatre])
    terms = {"title": "昆曲门票", "category": "culture", "points": 300, "stock": 1, "per_account_limit": 1}
    body = OFFER | terms | {"starts_at": starts, "ends_at": ends, "fulfilment": "goods"}
    return {"event": event, "offer": town.post("/v1/offers", body, "institution", "theatre").json()["id"]}


def hold_the_draw(town: Town, event: str) -> None:
    """As if its time had come."""
    past = "2020-06-10T00:00:00.000Z"
    with town.as_the_app():
        commit([update(keys.draw(event), assign={"draws_at": past, "rank": f"{past}:{event}"})])
    town.fire("resume")


def described(town: Town, shop: Shop) -> dict[str, Any]:
    """What the script needs to know of the city."""
    roles = {"newcomer": "individual", "operator": "scenario_operator", "shop": "institution", "bureau": "bureau"}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    return {
        "url": town.url,
        "shop": shop.answer["callback_url"],
        "returns": shop.answer["consent_redirects"][0],
        "tokens": {sub: town.token(role, sub) for sub, role in roles.items()},
        "offer": town.offer(),
        "goods": town.offer(fulfilment="goods", points=50),
        "draw": draw(town),
        "data": [*DATA, *(institution(number)["name"] for number in range(3)), f"{person(500)['name'][0]}**"],
        "campaign": campaign(town),
        "person": person(500),
        "pkce": {"challenge": challenge, "verifier": VERIFIER},
        "chromium": CHROMIUM,
        "pictures": os.environ.get("PICTURES"),
    }


def walked(town: Town, city: dict[str, Any]) -> Iterator[str]:
    """The lines of the script. When it asks for it, everything is killed and started again, or
    the draw takes place."""
    make.link()
    env = os.environ | {"GIVEN": json.dumps(city)}
    command = ["node", str(SCRIPT)]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for line in cast(IO[str], process.stdout):
            if line.strip() == "@kill":
                town.kill9()
                town.start()
            elif line.strip() == "@draw":
                hold_the_draw(town, city["draw"]["event"])
            else:
                yield line.strip()
                continue
            print("done", file=process.stdin, flush=True)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """How each journey ended, by its name: one stack and one browser for all of them."""
    folder: Path = tmp_path_factory.mktemp("citizen")
    with Town(folder) as town:
        town.mode = "third_party_mall"
        town.settle_down(1)
        shop = Shop(town, town.url, folder)
        try:
            redirects = tuple(shop.answer["consent_redirects"])
            town.integrate(town.shop, shop.answer["callback_url"], shop.answer["public_key"], redirects)
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
