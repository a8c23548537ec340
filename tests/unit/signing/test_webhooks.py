"""Signatures of Standard Webhooks."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib import settings
from chalicelib.signing import webhooks

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
BODY = b'{"type":"order.placed"}'


def test_the_reference_signature_of_other_libraries_verifies() -> None:
    key = webhooks.load("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")
    body = b'{"test": 2432232314}'
    made = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
    sent = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330", "webhook-signature": made}
    webhooks.verify(key, sent, body, datetime.fromtimestamp(1614265330, UTC))


def test_our_signature_is_by_a_published_key_of_this_merchant_and_of_no_other() -> None:
    headers = webhooks.sign("shop", "msg", NOW, BODY)
    [key], [other] = webhooks.public_keys("shop"), webhooks.public_keys("mall")
    webhooks.verify(webhooks.load(key), headers, BODY, NOW)
    with pytest.raises(webhooks.BadSignature):
        webhooks.verify(webhooks.load(other), headers, BODY, NOW)


def test_while_keys_change_both_sign_and_both_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    [old] = webhooks.public_keys("shop")
    before = settings.secret("webhook_key")
    monkeypatch.setattr(webhooks, "secret", lambda _: before + b"n" * 32)
    published = webhooks.public_keys("shop")
    assert (len(published), published[0]) == (2, old)
    headers = webhooks.sign("shop", "msg", NOW, BODY)
    for key in published:
        webhooks.verify(webhooks.load(key), headers, BODY, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "other"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "١٧٦٩٨٤٦٤٠٠"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""},
        {"webhook-signature": "v1a,"},
        {"webhook-signature": "v1a,no base64"},
        {"webhook-signature": "v1a,aGFsbG8="},
        {"webhook-signature": "v1," + base64.b64encode(b"h" * 32).decode()},
    ],
)
def test_any_change_of_a_header_breaks_the_signature(change: dict[str, str]) -> None:
    [key] = webhooks.public_keys("shop")
    with pytest.raises(webhooks.BadSignature):
        webhooks.verify(webhooks.load(key), webhooks.sign("shop", "msg", NOW, BODY) | change, BODY, NOW)


def test_a_signature_is_good_for_five_minutes() -> None:
    [key] = webhooks.public_keys("shop")
    headers = webhooks.sign("shop", "msg", NOW, BODY)
    webhooks.verify(webhooks.load(key), headers, BODY, NOW + timedelta(seconds=300))
    for off in (301, -301):
        with pytest.raises(webhooks.BadSignature):
            webhooks.verify(webhooks.load(key), headers, BODY, NOW + timedelta(seconds=off))


def test_one_good_signature_among_others_is_enough() -> None:
    [key] = webhooks.public_keys("shop")
    headers = webhooks.sign("shop", "msg", NOW, BODY)
    headers["webhook-signature"] = f"v1,abc= v2,x v1a,aGFsbG8= {headers['webhook-signature']}"
    webhooks.verify(webhooks.load(key), headers, BODY, NOW)


@pytest.mark.parametrize(
    "text",
    ["", "whpk_", "whpk_aGFsbG8=", "whsk_" + "A" * 43 + "=", "A" * 43 + "=", "whpk_" + "!" * 44, "whpk_" + "é" * 44,
     "whpk_" + "A" * 43],
)  # fmt: skip
def test_what_is_no_public_key_is_told_as_such(text: str) -> None:
    with pytest.raises(webhooks.BadKey):
        webhooks.load(text)


def test_a_key_as_merchants_write_it_is_understood() -> None:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert webhooks.load("whpk_" + base64.b64encode(raw).decode()).export_key(format="raw") == raw


def test_the_secret_is_the_stages_own() -> None:
    assert len(settings.secret("webhook_key")) == 32


# The eight points of small order on Curve25519 and second spellings of some of them
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("raw", SMALL_ORDER)
def test_a_key_that_proves_nothing_is_no_key(raw: str) -> None:
    with pytest.raises(webhooks.BadKey):
        webhooks.load(webhooks.PREFIX + base64.b64encode(bytes.fromhex(raw)).decode())
