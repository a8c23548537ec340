"""Signing by KMS: the key stays there, and any JOSE library verifies what it signed."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from joserfc import jws as joserfc_jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from chalicelib.settings import settings
from chalicelib.signing import jws, remote


class Kms:
    """As KMS answers: DER signatures over a digest, DER public keys."""

    def __init__(self) -> None:
        self.keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("old", "new")}
        self.calls: list[str] = []
        self.away = False

    def get_public_key(self, *, KeyId: str) -> dict[str, Any]:
        self._called("get_public_key")
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        return {"PublicKey": self.keys[KeyId].public_key().public_bytes(serialization.Encoding.DER, spki)}

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, Any]:
        self._called("sign")
        assert (MessageType, SigningAlgorithm, len(Message)) == ("DIGEST", "ECDSA_SHA_256", 32)
        return {"Signature": self.keys[KeyId].sign(Message, ec.ECDSA(Prehashed(hashes.SHA256())))}

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.away:
            raise ConnectTimeoutError(endpoint_url="https://kms")


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    fake = Kms()
    monkeypatch.setattr(remote, "client", lambda: fake)
    monkeypatch.delenv("SIGNING_KEYS_DIR")
    listed(monkeypatch, "old")
    yield fake
    jws._key.cache_clear()
    settings.cache_clear()


def listed(monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    """A deployment with these keys; its processes know nothing yet."""
    monkeypatch.setenv("SIGNING_KEYS", names)
    settings.cache_clear()
    jws._key.cache_clear()


def signer(signed: str, known: dict[str, Any]) -> str:
    """The kid of the key that verifies."""
    found = joserfc_jws.deserialize_compact(signed, KeySet.import_key_set(cast(Any, known)), algorithms=["ES256"])
    return str(found.headers()["kid"])


def test_a_jose_library_verifies_what_kms_signed(kms: Kms) -> None:
    signed = jws.sign({"jti": "某"}, kind="x")
    assert signer(signed, jws.jwks()) == jws.jwks()["keys"][0]["kid"]
    other = signed[:-2] + ("AA" if signed[-2:] != "AA" else "BB")
    with pytest.raises(BadSignatureError):
        signer(other, jws.jwks())


def test_the_public_half_is_fetched_once_a_process(kms: Kms) -> None:
    for _ in range(3):
        jws.sign({}, kind="x")
        jws.jwks()
    assert kms.calls == ["get_public_key", "sign", "sign", "sign"]


def test_keys_change_without_a_moment_in_which_something_does_not_verify(
    kms: Kms, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_old = jws.sign({"n": 1}, kind="x")
    listed(monkeypatch, "old new")  # published, signs nothing yet
    published = jws.jwks()
    listed(monkeypatch, "new old")
    by_new = jws.sign({"n": 2}, kind="x")
    assert signer(by_new, published) != signer(by_old, published)
    assert {signer(each, jws.jwks()) for each in (by_old, by_new)} == {key["kid"] for key in published["keys"]}


def test_kms_away_is_told_as_such(kms: Kms) -> None:
    kms.away = True
    for call in (jws.jwks, lambda: jws.sign({}, kind="x")):
        with pytest.raises(jws.SignerAway):
            call()
    kms.away = False
    assert jws.sign({}, kind="x")


def test_a_key_that_is_forbidden_or_not_configured_is_told_as_such(kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "Sign")

    monkeypatch.setattr(kms, "sign", denied)
    with pytest.raises(jws.SignerAway):
        jws.sign({}, kind="x")
    listed(monkeypatch, "")
    with pytest.raises(jws.SignerAway):
        jws.sign({}, kind="x")
    assert jws.jwks() == {"keys": []}


def test_a_key_of_another_curve_is_refused(kms: Kms) -> None:
    kms.keys["old"] = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(ValueError, match="P-256"):
        remote.RemoteKey("old")
