"""Our JWS against one that shares no code with it: what joserfc signs we verify, and nothing else."""

import base64
import hmac
import json
from typing import Any

import pytest
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey, RSAKey

from chalicelib.signing import jose

EC, RSA = ECKey.generate_key("P-256", {"kid": "ec"}), RSAKey.generate_key(2048, {"kid": "rsa"})
PAYLOAD = json.dumps({"sub": "某"}).encode()


def known(*keys: Any, **changes: Any) -> tuple[jose.Key, ...]:
    return jose.key_set(json.dumps({"keys": [key.as_dict(private=False) | changes for key in keys]}))


def named(keys: tuple[jose.Key, ...]) -> set[str | None]:
    return {key.kid for key in keys}


def signed(key: Any, algorithm: str, **header: Any) -> str:
    headers = {"alg": algorithm, "kid": key.kid} | header
    return joserfc_jws.serialize_compact(headers, PAYLOAD, key, algorithms=[algorithm])


KEYS = known(EC, RSA)


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256")])
def test_what_another_library_signed_is_verified(key: Any, algorithm: str) -> None:
    for _ in range(20):  # r and s have leading zeros now and then
        assert jose.verify(signed(key, algorithm), KEYS) == PAYLOAD


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256")])
def test_each_changed_part_is_noticed(key: Any, algorithm: str) -> None:
    parts = signed(key, algorithm).split(".")
    for place in range(3):
        for position in (0, len(parts[place]) // 2):
            letter = "A" if parts[place][position] != "A" else "B"
            part = parts[place][:position] + letter + parts[place][position + 1 :]
            with pytest.raises(jose.Invalid):
                jose.verify(".".join([*parts[:place], part, *parts[place + 1 :]]), KEYS)


def with_header(**header: Any) -> str:
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return ".".join([head, *signed(EC, "ES256").split(".")[1:]])


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "..",
        "a.b.c.d",
        "é.b.c",
        signed(EC, "ES256") + ".",
        signed(EC, "ES256").rpartition(".")[0] + ".",
        with_header(alg="none", kid="ec"),
        with_header(alg="HS256", kid="ec"),
        with_header(alg="RS256", kid="ec"),  # the algorithm is the key's to say
        with_header(alg="ES256", kid="rsa"),
        with_header(alg="ES256", kid=["ec"]),
        with_header(alg="ES256", kid="another"),
        with_header(alg="ES256", kid="ec", crit=["b64"]),
        base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"x","kid":"ec"}').decode() + ".b.c",
        base64.urlsafe_b64encode(b"[]").decode() + ".b.c",
        base64.urlsafe_b64encode(b"\xff").decode() + ".b.c",
    ],
)
def test_nothing_else_is_taken_for_a_signature(token: str) -> None:
    with pytest.raises(jose.Invalid):
        jose.verify(token, KEYS)


def test_the_public_half_cannot_be_used_as_a_shared_secret() -> None:
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "rsa"}).encode()).decode().rstrip("=")
    body = base64.urlsafe_b64encode(PAYLOAD).decode().rstrip("=")
    pem = RSA.as_pem(private=False)
    mac = base64.urlsafe_b64encode(hmac.digest(pem, f"{head}.{body}".encode(), "sha256")).decode().rstrip("=")
    with pytest.raises(jose.Invalid):
        jose.verify(f"{head}.{body}.{mac}", KEYS)


def test_keys_of_other_kinds_and_uses_and_weak_ones_are_left_out() -> None:
    weak = {"kty": "RSA", "kid": "weak", "n": base64.urlsafe_b64encode(b"\xff" * 128).decode().rstrip("="), "e": "AQAB"}
    assert jose.key_set(json.dumps({"keys": [weak]})) == ()
    assert known(ECKey.generate_key("P-384", {"kid": "p384"})) == ()
    assert known(EC, use="enc") == ()
    assert known(EC, alg="ES384") == ()
    assert named(known(EC, RSA, use="sig")) == {"ec", "rsa"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": {}}'])
def test_what_is_no_set_of_keys_is_told(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (any: json's, or ours)
        jose.key_set(text)


@pytest.mark.parametrize("change", [{"x": "AQ"}, {"x": "!"}, {"y": None}])
def test_what_is_no_key_does_not_spoil_the_others(change: dict[str, Any]) -> None:
    off = {name: value for name, value in (EC.as_dict(private=False) | change).items() if value is not None}
    assert named(jose.key_set(json.dumps({"keys": [off, RSA.as_dict(private=False)]}))) == {"rsa"}


def unnamed(key: Any, algorithm: str) -> str:
    return joserfc_jws.serialize_compact({"alg": algorithm}, PAYLOAD, key, algorithms=[algorithm])


OTHER = ECKey.generate_key("P-256", {"kid": "other"})


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256")])
def test_a_token_without_kid_is_judged_by_the_only_key_of_its_algorithm(key: Any, algorithm: str) -> None:
    bare = {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}
    for keys in (KEYS, known(key), jose.key_set(json.dumps({"keys": [bare]})), known(EC, RSA, kid=None)):
        assert jose.verify(unnamed(key, algorithm), keys) == PAYLOAD
    for keys in (known(OTHER), ()):
        with pytest.raises(jose.Invalid):
            jose.verify(unnamed(key, algorithm), keys)


@pytest.mark.parametrize("kids", [("ec", "other"), (None, None), (None, "other"), ("same", "same")])
def test_where_two_keys_could_judge_it_a_token_without_kid_is_refused(kids: tuple[str | None, ...]) -> None:
    keys = tuple(key for each, kid in zip((EC, OTHER), kids, strict=True) for key in known(each, kid=kid))
    for key in (EC, OTHER):
        with pytest.raises(jose.Invalid):
            jose.verify(unnamed(key, "ES256"), keys)


def test_keys_without_names_do_not_hide_each_other() -> None:
    keys = jose.key_set(json.dumps({"keys": [key.as_dict(private=False) | {"kid": None} for key in (EC, OTHER, RSA)]}))
    assert [key.algorithm for key in keys] == ["ES256", "ES256", "RS256"]
    assert jose.verify(unnamed(RSA, "RS256"), keys) == PAYLOAD


def test_a_key_of_no_name_does_not_judge_a_token_that_names_one() -> None:
    for name in ("None", "", "null"):
        with pytest.raises(jose.Invalid):
            jose.verify(signed(EC, "ES256", kid=name), known(EC, kid=None))


def test_keys_of_one_name_are_told_apart_by_what_they_verify() -> None:
    for key in (EC, OTHER):
        assert jose.verify(signed(key, "ES256", kid="same"), known(EC, OTHER, kid="same")) == PAYLOAD


@pytest.mark.parametrize("entry", [5, "x", None, [], {}, {"kty": "EC", "crv": "P-256", "x": 1, "y": 2}])
def test_what_is_no_key_at_all_is_left_out_of_a_set(entry: Any) -> None:
    assert named(jose.key_set(json.dumps({"keys": [entry, EC.as_dict(private=False)]}))) == {"ec"}


def test_a_key_set_that_says_something_twice_is_none() -> None:
    text = json.dumps({"keys": [EC.as_dict(private=False)]})
    assert named(jose.key_set(text)) == {"ec"}
    with pytest.raises(ValueError, match="no JWK Set"):
        jose.key_set(text[:-1] + ', "keys": []}')
    with pytest.raises(ValueError, match="no JWK Set"):
        jose.key_set(text.replace('"kid"', '"kid": "other", "kid"'))
