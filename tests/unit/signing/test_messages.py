"""HTTP message signatures, against the vectors of RFC 9421 (B.2.6) and RFC 8032 (7.1), and an independent signer."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.signing import ed25519, messages
from chalicelib.signing.messages import BadMessage, Message
from tests.signer import signed

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = "whpk_" + base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
BODY = b'{"points":300}'
PATH = "/v1/holds/h/capture"

RFC_KEY = base64.b64decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=")
RFC_INPUT = (
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
RFC_SIGNATURE = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
RFC_MESSAGE = Message(
    "POST",
    "/foo",
    {
        "host": "example.com",
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-length": "18",
    },
    b'{"hello": "world"}',
)


def message(changes: dict[str, str] | None = None, *, at: datetime = NOW) -> Message:
    headers = signed(KEY, "POST", PATH, BODY, "k-1", at) | {"idempotency-key": "k-1"} | (changes or {})
    return Message("POST", PATH, headers, BODY)


def reason(found: Message, keys: tuple[str, ...] = (PUBLIC,), now: datetime = NOW) -> str:
    with pytest.raises(BadMessage) as failed:
        messages.verify(found, keys, now)
    return failed.value.reason


def test_the_vector_of_the_rfc_verifies() -> None:
    [declared] = messages.inputs(RFC_INPUT)
    base = messages.base_of(RFC_MESSAGE, declared)
    assert base == (
        '"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n"@authority": example.com\n'
        '"content-type": application/json\n"content-length": 18\n'
        '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    assert ed25519.proves(RFC_KEY, base.encode(), base64.b64decode(RFC_SIGNATURE))
    assert not ed25519.proves(RFC_KEY, base.encode() + b" ", base64.b64decode(RFC_SIGNATURE))


def test_the_vectors_of_rfc_8032_verify() -> None:
    vectors = [
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ]  # fmt: skip
    for key, text, signature in vectors:
        assert ed25519.proves(bytes.fromhex(key), bytes.fromhex(text), bytes.fromhex(signature))


def test_the_digest_of_rfc_9530_is_understood() -> None:
    body = b'{"hello": "world"}'
    digests = ", ".join(
        f"{name}=:{base64.b64encode(hashlib.new(name.replace('-', ''), body).digest()).decode()}:"
        for name in ("sha-256", "sha-512")
    )
    assert "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:" in digests  # RFC 9530, appendix D
    headers = signed(KEY, "POST", PATH, body, "k-1", NOW, digest=digests) | {"idempotency-key": "k-1"}
    assert messages.verify(Message("POST", PATH, headers, body), (PUBLIC,), NOW).key == PUBLIC


def test_a_signed_request_is_proven_and_can_be_proven_again_from_what_is_kept() -> None:
    proof = messages.verify(message(), ("whpk_other", PUBLIC), NOW)
    assert proof.key == PUBLIC
    assert f'"@path": {PATH}\n' in proof.base
    assert '"idempotency-key": k-1\n' in proof.base
    KEY.public_key().verify(base64.b64decode(proof.signature), proof.base.encode())


def test_nothing_of_a_request_can_be_exchanged() -> None:
    good = message()
    assert reason(good._replace(method="PUT")) == "bad_signature"
    assert reason(good._replace(path="/v1/holds/h/release")) == "bad_signature"
    assert reason(good._replace(body=b'{"points":301}')) == "other_body"
    assert reason(good._replace(headers={**good.headers, "idempotency-key": "k-2"})) == "bad_signature"
    other = f"sha-256=:{base64.b64encode(hashlib.sha256(b'{}').digest()).decode()}:"
    assert reason(Message("POST", PATH, {**good.headers, "content-digest": other}, b"{}")) == "bad_signature"


def test_only_a_key_of_the_merchant_proves() -> None:
    assert reason(message(), ()) == "unknown_key"
    assert reason(message(), ("whpk_other",)) == "unknown_key"
    stolen = signed(Ed25519PrivateKey.generate(), "POST", PATH, BODY, "k-1", NOW, keyid=PUBLIC)
    assert reason(Message("POST", PATH, stolen | {"idempotency-key": "k-1"}, BODY)) == "bad_signature"


@pytest.mark.parametrize(("seconds", "fresh"), [(-301, False), (-299, True), (299, True), (301, False)])
def test_the_window_is_five_minutes_either_way(seconds: int, fresh: bool) -> None:
    made = message(at=NOW + timedelta(seconds=seconds))
    if fresh:
        assert messages.verify(made, (PUBLIC,), NOW).key == PUBLIC
    else:
        assert reason(made) == "stale"


def test_what_is_over_or_of_another_algorithm_is_refused() -> None:
    def with_params(more: str) -> Message:
        headers = signed(KEY, "POST", PATH, BODY, "k-1", NOW, more=more) | {"idempotency-key": "k-1"}
        return Message("POST", PATH, headers, BODY)

    assert reason(with_params(f";expires={int(NOW.timestamp()) - 1}")) == "stale"
    assert reason(with_params(';alg="rsa-pss-sha512"')) == "other_algorithm"
    for fine in (f";expires={int(NOW.timestamp()) + 9}", ';alg="ed25519"', ';nonce="n"'):
        assert messages.verify(with_params(fine), (PUBLIC,), NOW).key == PUBLIC


@pytest.mark.parametrize("created", ["²", "٣", "1_0", "-1", "+1", "1.5", "", "9" * 13])
def test_a_time_that_is_no_number_is_a_bad_signature_and_no_error(created: str) -> None:
    headers = signed(KEY, "POST", PATH, BODY, "k-1", NOW) | {"idempotency-key": "k-1"}
    header = next(name for name in headers if name.lower() == "signature-input")
    headers[header] = re.sub("created=[0-9]+", f'created="{created}"', headers[header])
    assert reason(Message("POST", PATH, headers, BODY)) == "stale"


@pytest.mark.parametrize("left_out", messages.REQUIRED)
def test_what_must_be_covered_is(left_out: str) -> None:
    covered = [name for name in messages.REQUIRED if name != left_out]
    headers = signed(KEY, "POST", PATH, BODY, "k-1", NOW, covered=covered) | {"idempotency-key": "k-1"}
    assert reason(Message("POST", PATH, headers, BODY)) == "not_covered"


def test_a_component_that_is_not_there_is_refused() -> None:
    headers = signed(KEY, "POST", PATH, BODY, "k-1", NOW, covered=[*messages.REQUIRED, "x-absent"])
    assert reason(Message("POST", PATH, headers | {"idempotency-key": "k-1"}, BODY)) == "unknown_component"


def test_the_signature_of_a_proxy_is_passed_over() -> None:
    good = message()
    both = {
        "signature-input": f'proxy=("@method");created=1;keyid="p", {good.headers["signature-input"]}',
        "signature": f"proxy=:AAAA:, {good.headers['signature']}",
    }
    assert messages.verify(good._replace(headers={**good.headers, **both}), (PUBLIC,), NOW).key == PUBLIC


@pytest.mark.parametrize(
    "changes",
    [
        {"signature-input": ""},
        {"signature-input": "sig"},
        {"signature-input": 'sig=("@method" "@method");created=1'},
        {"signature-input": 'sig=("@method");created=1;created=2'},
        {"signature-input": 'sig=("@method");created=1,'},
        {"signature-input": "x" * 5000},
        {"signature": ""},
        {"signature": "sig=:AAA:"},
        {"signature": "other=:AAAA:"},
        {"content-digest": ""},
        {"content-digest": "md5=:AAAA:"},
    ],
)
def test_what_is_malformed_is_refused(changes: dict[str, str]) -> None:
    assert reason(message(changes)) == "malformed"


@given(
    st.text(alphabet=st.characters(codec="latin-1"), max_size=200),
    st.sampled_from(["signature-input", "signature", "content-digest"]),
)
def test_whatever_is_sent_is_refused_with_a_reason(text: str, name: str) -> None:
    assert reason(message({name: text}))


@given(st.binary(min_size=0, max_size=100), st.binary(min_size=0, max_size=70))
def test_no_bytes_prove_what_was_not_signed(text: bytes, signature: bytes) -> None:
    assert not ed25519.proves(RFC_KEY, text, signature)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_what_another_library_signs_is_proven_and_one_bit_is_enough_to_refuse(
    seed: bytes, text: bytes, bit: int
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(text)
    assert ed25519.proves(public, text, signature)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not ed25519.proves(public, text, bytes(changed))
