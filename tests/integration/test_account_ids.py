"""An id that follows from a login cannot be found by trying logins; in a stage that is older than the key, ids stay."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib import settings
from chalicelib.table import keys
from infra.dev.local import keys as local_keys
from infra.release.deploy import secret
from tests.world import World

ALICE: dict[str, Any] = {"role": "individual", "sub": "13800138000"}


@pytest.fixture
def key(world: World) -> Iterator[bytes]:
    """The account key of a new stage."""
    known = settings._secrets() | {"account_key": b"a" * 32}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "_secrets", lambda: known)
        yield known["account_key"]


def test_ids_that_others_see_do_not_follow_from_the_login_alone(world: World, key: bytes) -> None:
    account = world.person(sub=ALICE["sub"])
    world.scenario()
    assert world.report(account).status == 201
    shop = world.merchant()
    order = world.post(
        "/v1/redemptions", {"offer": world.offer(), "quantity": 1, "points": 1000}, **ALICE, key="1"
    ).body["id"]
    assert (account, order) == (keys.account_id(ALICE["sub"], key), keys.record_id(ALICE["sub"], "1", key))
    found = {made for sub in (ALICE["sub"], "shop") for made in (keys.account_id(sub), keys.record_id(sub, "1"))}
    assert not found & {account, order, shop}


def test_a_keyed_account_is_found_again_and_a_request_is_answered_once(world: World, key: bytes) -> None:
    account = world.person(sub=ALICE["sub"])
    world.scenario()
    world.report(account)
    assert world.get("/v1/accounts/me", **ALICE).body["id"] == account
    first, again = (world.post("/v1/cancellations", {"points": 5, "purpose": "flight"}, **ALICE, key="k") for _ in "ab")
    assert (first.status, again.body) == (201, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert world.get("/v1/accounts/me", **ALICE).body["balances"]["points"] == 7095


def test_a_stage_without_the_key_keeps_the_ids_that_it_gave(world: World) -> None:
    assert world.person() == "affmmntfdtc2t2fvik3wo43rwq"


class Secrets:
    """Secrets Manager, with at most one secret."""

    class exceptions:
        class ResourceNotFoundException(Exception):
            pass

    def __init__(self, known: dict[str, str] | None) -> None:
        self.known = known

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        if self.known is None:
            raise self.exceptions.ResourceNotFoundException()
        return {"SecretString": json.dumps(self.known)}

    def create_secret(self, SecretString: str, **_: str) -> None:
        self.known = json.loads(SecretString)

    def put_secret_value(self, SecretString: str, **_: str) -> None:
        self.known = json.loads(SecretString)


def test_a_new_stage_gets_the_key_and_an_older_one_never_does() -> None:
    new, older = Secrets(None), Secrets({"identity_key": "x"})
    for client in (new, older, new, older):
        secret.ensure(client, "dev", data_is_there=lambda: False)  # type: ignore[arg-type]
    assert new.known is not None
    assert older.known is not None
    assert new.known.keys() == {*secret.SECRETS, "account_key"}
    assert older.known.keys() == set(secret.SECRETS)
    assert len(base64.b64decode(new.known["account_key"])) == 32


@pytest.mark.parametrize("name", ["account_key", "identity_key"])
def test_what_every_id_follows_from_is_never_changed(name: str) -> None:
    client = Secrets(dict.fromkeys((*secret.SECRETS, "account_key"), "x"))
    with pytest.raises(SystemExit, match="account_key never change"):
        secret.rotate(client, "dev", name)  # type: ignore[arg-type]
    assert client.known is not None
    assert client.known[name] == "x"


def test_a_new_local_folder_has_the_key_of_the_readme_and_an_older_one_stays_without(tmp_path: Path) -> None:
    def made(folder: Path) -> dict[str, str]:
        local_keys.make(folder)
        found: dict[str, str] = json.loads((folder / "secrets.json").read_text())
        return found

    (tmp_path / "older").mkdir()
    (tmp_path / "older" / "secrets.json").write_text('{"identity_key": "eA=="}')
    one, other, older = (made(tmp_path / name) for name in ("one", "other", "older"))
    assert one["account_key"] == other["account_key"]
    assert one["cursor_key"] != other["cursor_key"]
    assert "account_key" not in older
    alice = keys.account_id("alice", base64.b64decode(one["account_key"]))
    assert alice in (Path(__file__).parents[2] / "README.md").read_text()
