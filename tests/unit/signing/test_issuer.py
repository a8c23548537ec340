"""The issuer's keys are fetched seldom, and late keys are found."""

import json
from pathlib import Path

import pytest

from chalicelib.signing import jose
from chalicelib.signing.issuer import IssuerAway, IssuerKeys
from tests.tokens import make_jwks, token


class Issuer:
    """A file in the place of an issuer, and a clock."""

    def __init__(self, path: Path) -> None:
        self.path, self.now = path, 0.0
        self.keys = IssuerKeys(path.as_uri(), lambda: self.now)
        self.token = token("individual", "alice")

    def publish(self, *, kid: str = "test") -> None:
        [key] = make_jwks()["keys"]
        self.path.write_text(json.dumps({"keys": [key | {"kid": kid}]}))

    def knows(self, kid: str = "test") -> bool:
        return any(key.kid == kid for key in self.keys.for_token(self.token))


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path / "jwks.json")


def test_keys_are_fetched_once_an_hour(issuer: Issuer) -> None:
    issuer.publish()
    assert issuer.knows()
    issuer.publish(kid="next")
    issuer.now = 3599
    assert issuer.knows()
    issuer.now = 3601
    assert not issuer.knows()


def test_a_key_that_is_not_known_yet_is_asked_for_but_not_all_the_time(issuer: Issuer) -> None:
    issuer.publish(kid="old")
    assert not issuer.knows()
    issuer.publish()
    issuer.now = 9
    assert not issuer.knows()
    issuer.now = 11
    assert issuer.knows()


def test_a_signature_is_checked_once_while_its_key_is_known(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def verify(token: str, keys: tuple[jose.Key, ...]) -> bytes:
        checked.append(token)
        return original(token, keys)

    original = jose.verify
    monkeypatch.setattr(jose, "verify", verify)
    issuer.publish()
    first = issuer.keys.payload(issuer.token)
    assert json.loads(first)["sub"] == "alice"
    assert issuer.keys.payload(issuer.token) == first
    assert checked == [issuer.token]
    issuer.publish(kid="next")
    issuer.now = 3601
    with pytest.raises(jose.Invalid):  # its key is withdrawn, so what was proven with it is not
        issuer.keys.payload(issuer.token)


def test_a_token_with_another_signature_is_another_token(issuer: Issuer) -> None:
    issuer.publish()
    issuer.keys.payload(issuer.token)
    head, payload, _ = issuer.token.split(".")
    *_, signature = token("individual", "mallory").split(".")
    with pytest.raises(jose.Invalid):
        issuer.keys.payload(f"{head}.{payload}.{signature}")


def test_for_a_token_that_names_no_key_the_keys_are_newer(issuer: Issuer) -> None:
    issuer.token = token("individual", "alice", kid=None)
    issuer.publish(kid="old")
    assert issuer.knows("old")
    issuer.publish(kid="new")
    issuer.now = 299
    assert issuer.knows("old")
    issuer.now = 301
    assert issuer.knows("new")


def test_an_issuer_that_is_away_is_told_as_such_until_keys_are_known(issuer: Issuer) -> None:
    with pytest.raises(IssuerAway):
        issuer.knows()
    issuer.publish()
    assert issuer.knows()
    issuer.path.unlink()
    issuer.now = 4000
    assert issuer.knows()


def test_an_answer_that_is_no_set_of_keys_is_the_issuers_fault(issuer: Issuer) -> None:
    issuer.path.write_text("<html>")
    with pytest.raises(IssuerAway):
        issuer.knows()


def test_what_is_no_token_is_told_before_anything_is_fetched(issuer: Issuer) -> None:
    with pytest.raises(jose.Invalid):
        issuer.keys.for_token("x")
