"""Which requests are the same one: a replay may leave out what has its default, and older Records still know theirs."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from pydantic import RootModel

from chalicelib.kernel.settle import derive
from chalicelib.settings import secret
from chalicelib.table import keys
from chalicelib.table.write import update
from tests.bodies import nullable
from tests.commands import COMMANDS, send
from tests.endpoints import ROUTES
from tests.prepared import prepared
from tests.world import World

SCENARIO = {
    "code": "metro", "name": "轨道交通", "methodology": "M-1", "operator": "operator", "unit": "km",
    "grams_per_unit": "71", "confirmation": "automatic", "valid_from": "2020-01-01T00:00:00Z",
}  # fmt: skip
NULLS = {"daily_cap_grams": None, "quantity_max": None, "records_per_day_max": None, "valid_until": None}
BUREAU: Any = {"role": "bureau", "sub": "bureau", "key": "k"}


def print_of_before(request: str, written: str) -> str:
    """What a Record kept until texts had one form and defaults could be left out."""
    return hmac.new(secret("identity_key"), f"{request} [] {written}".encode(), hashlib.sha256).hexdigest()


def age(world: World, written: dict[str, Any]) -> None:
    """The only Record becomes one of before, made by the body ``written``."""
    [record] = [each for each in world.records() if each["kind"] == "scenario_published"]
    old = print_of_before("POST /v1/scenarios", json.dumps(written, ensure_ascii=False, separators=(",", ":")))
    derive(update(keys.record(record["id"]), assign={"fingerprint": old}))


@pytest.mark.parametrize("name", [name for name in COMMANDS if not issubclass(ROUTES[name].takes, RootModel)])
def test_leaving_out_a_null_and_writing_it_are_the_same_request(world: World, name: str) -> None:
    ready = prepared(name, world)
    may_be_null = nullable(ROUTES[name].takes)
    bare = {field: value for field, value in ready.body.items() if value is not None or field not in may_be_null}
    full = dict.fromkeys(may_be_null) | bare
    first = send(world, ready, key="k", body=bare)
    assert first.status in {200, 201, 202}
    again = send(world, ready, key="k", body=full)
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")


def test_so_are_leaving_out_a_default_and_writing_it(world: World) -> None:
    ready = COMMANDS["POST /v1/offers"](world)
    first = send(world, ready, key="k", body=ready.body | {"busy": False})
    assert send(world, ready, key="k").body == first.body
    assert send(world, ready, key="k", body=ready.body | {"busy": True}).code == "idempotency_key_reused"


@pytest.mark.parametrize("written", [SCENARIO, SCENARIO | NULLS, SCENARIO | {"daily_cap_grams": None}])
def test_a_record_of_before_knows_its_own_request(world: World, written: dict[str, Any]) -> None:
    world.methodology("M-1")
    first = world.post("/v1/scenarios", written, **BUREAU)
    age(world, _in_order(written))
    again = world.post("/v1/scenarios", written, **BUREAU)
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    other = world.post("/v1/scenarios", written | {"grams_per_unit": "72"}, **BUREAU)
    assert other.code == "idempotency_key_reused"


def test_also_where_its_texts_were_kept_untrimmed(world: World) -> None:
    written = SCENARIO | {"name": " 轨道交通\u3000"}
    world.methodology("M-1")
    first = world.post("/v1/scenarios", written, **BUREAU)
    age(world, _in_order(written))
    assert world.post("/v1/scenarios", written, **BUREAU).body == first.body
    assert world.post("/v1/scenarios", SCENARIO, **BUREAU).code == "idempotency_key_reused"


def test_also_where_all_of_its_hash_was_kept(world: World) -> None:
    world.methodology("M-1")
    first = world.post("/v1/scenarios", SCENARIO, **BUREAU)
    age(world, _in_order(SCENARIO))
    assert world.post("/v1/scenarios", SCENARIO | NULLS, **BUREAU).body == first.body
    assert world.post("/v1/scenarios", SCENARIO | {"unit": "m"}, **BUREAU).code == "idempotency_key_reused"


def _in_order(written: dict[str, Any]) -> dict[str, Any]:
    """As the model wrote it: its own fields in its own order."""
    return {name: written[name] for name in ROUTES["POST /v1/scenarios"].takes.model_fields if name in written}
