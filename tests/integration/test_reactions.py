"""What follows from Records never stops what is summed up from them; and Records of the older form are understood."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.app import DynamoDBEventConfig

import app
from chalicelib.buyback import worker as buyback_worker
from chalicelib.buyback.model import TONNE
from chalicelib.campaigns.closing import prepare, worker
from chalicelib.errors import Contended, Unavailable
from chalicelib.queues import sender as queue
from tests.world import World

EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
RACE = {
    "title": "2026 上海马拉松碳中和", "purpose": "event", "description": "为赛事排放募集碳积分", "target_grams": 500,
    "ends_at": "2098-12-31T16:00:00Z", "close_at_target": True,
}  # fmt: skip


class Queue:
    """SQS: away, or it keeps what it gets."""

    def __init__(self) -> None:
        self.away, self.sent = True, list[Any]()

    def send(self, messages: Any, **_: Any) -> None:
        given = list(messages)
        if given and self.away:
            raise Unavailable()
        self.sent += given


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Queue:
    found = Queue()
    monkeypatch.setattr(queue, "send", found.send)
    return found


def start_run(world: World) -> str:
    started = world.post("/v1/buy-back-runs", **EXCHANGE)
    assert started.status == 202, started
    return str(started.body["id"])


def campaign_at_its_target(world: World) -> str:
    id = str(world.post("/v1/campaigns", RACE, role="institution", sub="shop").body["id"])
    assert world.post(f"/v1/campaigns/{id}/approve", **EXCHANGE).status == 200
    assert world.post("/v1/donations", {"campaign": id, "points": 500}, role="individual", sub="alice").status == 201
    return id


def all_is_projected(world: World) -> None:
    """No account waits for the stream, and the supply knows every point."""
    assert not [item for item in world.items() if "unfiled" in item]
    supply = world.get("/v1/supply").body
    assert supply["grams_backing"] == supply["points_circulating"] > 0


@pytest.mark.engine
def test_while_the_queue_is_away_projection_goes_on_and_resume_sends_the_work_later(world: World, sqs: Queue) -> None:
    merchant = world.merchant()
    world.rich(points=TONNE + 7000)
    world.redeem(offer := world.offer(points=TONNE, stock=1), TONNE)
    run = start_run(world)
    campaign = campaign_at_its_target(world)
    world.post(f"/v1/merchants/{merchant}/suspend", {"reason": "why"}, **EXCHANGE)
    world.stream()
    all_is_projected(world)
    assert world.get(f"/v1/campaigns/{campaign}").body["status"] == "closed"
    assert world.get(f"/v1/offers/{offer}").body["status"] == "off_shelf"
    assert sqs.sent == []
    sqs.away = False
    buyback_worker.resume(datetime.now(UTC) + timedelta(minutes=16))
    assert {"run": run, "planned": 0} in sqs.sent


def test_a_reaction_that_fails_stops_neither_projection_nor_other_reactions_and_comes_again(
    world: World, sqs: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs.away = False
    world.merchant()
    world.rich(points=7000)
    campaign = campaign_at_its_target(world)
    run = start_run(world)

    def broken(_: Any) -> bool:
        raise ValueError("a posting of 0")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "conclude", broken)
        with pytest.raises(AssertionError, match="batchItemFailures"):
            world.stream()
    all_is_projected(world)
    assert sqs.sent == [{"run": run}]
    assert world.get(f"/v1/campaigns/{campaign}").body["status"] == "approved"
    world.stream()
    assert world.get(f"/v1/campaigns/{campaign}").body["status"] == "closed"


def test_a_campaign_whose_closing_was_contended_is_closed_when_its_donation_comes_again(
    world: World, sqs: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.merchant()
    world.rich(points=7000)
    campaign = campaign_at_its_target(world)

    def contended(*_: Any) -> None:
        raise Contended()

    with monkeypatch.context() as patch:
        patch.setattr(prepare, "perform", contended)
        with pytest.raises(AssertionError, match="batchItemFailures"):
            world.stream()
    all_is_projected(world)
    world.stream()
    assert world.get(f"/v1/campaigns/{campaign}").body["status"] == "closed"


def older(item: dict[str, Any], movement: str) -> dict[str, Any]:
    """A published Record as it was stored before ``publish``: a movement without postings."""
    assert item["publish"] == {"BOOL": True}
    assert not {"movement", "postings"} & item.keys()
    kept = {name: value for name, value in item.items() if name != "publish"}
    return kept | {"movement": {"S": movement}, "postings": {"L": []}}


def test_both_consumers_understand_published_records_of_the_older_form(world: World, sqs: Queue) -> None:
    sqs.away = False
    merchant = world.merchant()
    offer = world.offer()
    run = start_run(world)
    world.post(f"/v1/merchants/{merchant}/suspend", {"reason": "why"}, **EXCHANGE)
    movements = {"buy_back_run_started": "start", "merchant_suspended": "shelving"}
    found = [item for item in world.items() if item.get("kind", {}).get("S") in movements]
    old = [older(item, movements[item["kind"]["S"]]) for item in found]
    assert len(old) == 2
    world.stream(old)
    world.stream(old)
    assert sqs.sent == [{"run": run}] * 2
    assert world.get(f"/v1/offers/{offer}").body["status"] == "off_shelf"
    supply = world.get("/v1/supply").body
    assert supply["grams_confirmed"] == supply["points_circulating"] == 0


def test_a_published_record_leaves_no_mark_of_projection(world: World, sqs: Queue) -> None:
    sqs.away = False
    world.merchant()
    start_run(world)
    world.stream()
    assert not [item for item in world.items() if item["sk"] == {"S": "filed"}]


def test_the_two_consumers_read_one_stream() -> None:
    sources = {each.name: each for each in app.app.event_sources if isinstance(each, DynamoDBEventConfig)}
    assert sources.keys() == {"project", "react"}
    assert len({each.stream_arn for each in sources.values()}) == 1
