"""The handshake with systems of every kind. They listen on loopback; what may be called is tests/unit/outside's."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chalicelib.outside import addresses
from chalicelib.outside import post as posting
from chalicelib.partners import handshake
from chalicelib.partners.handshake import REASONS, HandshakeFailed
from chalicelib.signing import webhooks
from tests.chinese import CHINESE
from tests.partner import Got, Sent, System, system

NOW = datetime.now(UTC)


@pytest.fixture
def partner() -> Iterator[System]:
    with system() as found:
        found.answer = found.prove
        yield found


def reason(url: str, key: str) -> str:
    with pytest.raises(HandshakeFailed) as failed:
        handshake.handshake(callback_url=url, public_key=key, merchant="shop", now=NOW)
    return str(failed.value.facts["reason"])


def test_the_holder_of_the_key_passes_and_can_tell_that_it_is_us(partner: System) -> None:
    handshake.handshake(callback_url=partner.url, public_key=partner.public_key, merchant="shop", now=NOW)
    [got] = partner.got
    [ours] = webhooks.public_keys("shop")
    webhooks.verify(webhooks.load(ours), got.headers, got.body, datetime.now(UTC))
    assert (got.path, got.event["type"], got.event["data"]["merchant"]) == ("/hooks", "integration.challenge", "shop")
    assert got.headers["content-type"] == "application/json"


def test_every_challenge_is_a_new_one(partner: System) -> None:
    for _ in range(2):
        handshake.handshake(callback_url=partner.url, public_key=partner.public_key, merchant="shop", now=NOW)
    assert len({got.event["data"]["challenge"] for got in partner.got}) == 2
    assert len({got.headers["webhook-id"] for got in partner.got}) == 2


def wrong_answers(partner: System) -> dict[str, tuple[str, Callable[[Got], Sent]]]:
    """What may come back instead, and how it is refused."""

    def answer(body: Any, **options: Any) -> Callable[[Got], Sent]:
        return lambda got: partner.signed(got.headers["webhook-id"], json.dumps(body).encode(), **options)

    def echoed(change: Callable[[Sent], Sent]) -> Callable[[Got], Sent]:
        return lambda got: change(partner.prove(got))

    def with_headers(**changes: str) -> Callable[[Sent], Sent]:
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        return lambda sent: Sent(sent.status, sent.body, sent.headers | named)

    other, hour = Ed25519PrivateKey.generate(), int(NOW.timestamp()) - 3600
    signed = (webhooks.ID, webhooks.TIMESTAMP, webhooks.SIGNATURE)
    return {
        "another key": ("other_key", lambda got: partner.signed(
            got.headers["webhook-id"], json.dumps({"challenge": got.event["data"]["challenge"]}).encode(), key=other)),
        "no signature": ("other_key", echoed(lambda sent: Sent(200, sent.body))),
        "our own signature back": ("other_key", lambda got: Sent(
            200, got.body, {name: got.headers[name] for name in signed})),
        "an old signature": ("other_key", lambda got: partner.signed(
            got.headers["webhook-id"], json.dumps({"challenge": got.event["data"]["challenge"]}).encode(), at=hour)),
        "another body than signed": ("other_key", echoed(lambda sent: Sent(200, sent.body + b" ", sent.headers))),
        "another id than signed": ("other_key", echoed(with_headers(webhook_id="msg_x"))),
        "another challenge": ("other_challenge", answer({"challenge": "x"})),
        "the answer to another event": ("other_challenge", lambda got: partner.signed(
            "msg_x", json.dumps({"challenge": got.event["data"]["challenge"]}).encode())),
        "a challenge that is no text": ("malformed", answer({"challenge": 5})),
        "a list": ("malformed", answer(["challenge"])),
        "no JSON": ("malformed", lambda got: partner.signed(got.headers["webhook-id"], b"challenge")),
        "no UTF-8": ("malformed", lambda got: partner.signed(got.headers["webhook-id"], b'{"challenge": "\xff"}')),
        "two challenges": ("malformed", lambda got: partner.signed(got.headers["webhook-id"], json.dumps(
            {"challenge": got.event["data"]["challenge"]}).replace("{", '{"challenge": "x", ').encode())),
        "deep brackets": ("malformed", lambda got: partner.signed(got.headers["webhook-id"], b"[" * 8000)),
        "201": ("status", echoed(lambda sent: Sent(201, sent.body, sent.headers))),
        "404": ("status", lambda _: Sent(404)),
        "500": ("status", lambda _: Sent(500)),
        "a redirect": ("redirected", lambda _: Sent(302, b"", {"location": partner.url})),
        "a redirect that signs": ("redirected", echoed(lambda sent: Sent(307, sent.body, sent.headers))),
        "a redirect inside": ("redirected", lambda _: Sent(301, b"", {"location": "http://169.254.169.254/latest/"})),
        "9 KiB": ("too_large", answer({"challenge": "x" * 9000})),
        "a length that is none": ("too_large", lambda _: Sent(200, b"x" * 9000, {"content-length": "99999999"})),
        "no HTTP": ("malformed", lambda _: Sent(raw=b"SSH-2.0-OpenSSH_9.6\r\n")),
        "a header without end": ("malformed", lambda _: Sent(raw=b"HTTP/1.1 200 OK\r\nx: " + b"x" * 70_000 + b"\r\n")),
        "headers without end": ("malformed", lambda _: Sent(raw=b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200)),
        "half a chunk": ("malformed", lambda _: Sent(
            raw=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")),
        "nothing": ("no_answer", lambda _: Sent(raw=b"\r\n")),
    }  # fmt: skip


@pytest.mark.parametrize("name", wrong_answers(System()))
def test_any_other_answer_is_refused_with_its_reason(partner: System, name: str) -> None:
    why, answer = wrong_answers(partner)[name]
    partner.answer = answer
    got = reason(partner.url, partner.public_key)
    assert got in (why, "no_answer", "malformed") if why in ("malformed", "no_answer") else got == why
    assert len(partner.got) == 1  # no redirect was followed, nothing was tried again


def test_a_key_that_is_none_is_refused_before_anything_is_called(partner: System) -> None:
    assert reason(partner.url, "whpk_no") == "bad_key"
    assert partner.got == []


def test_nobody_there_is_told_as_such() -> None:
    with system() as gone:
        pass
    assert reason(gone.url, gone.public_key) == "no_answer"


def test_who_answers_late_has_not_answered(partner: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "DEADLINE_SECONDS", 0.3)
    late = threading.Event()
    partner.answer = lambda got: Sent(**vars(partner.prove(got)) | {"wait": late})
    assert reason(partner.url, partner.public_key) == "late"
    late.set()


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n"])
def test_who_trickles_is_cut_off(begin: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes well within any time-out of a socket."""
    monkeypatch.setattr(handshake, "DEADLINE_SECONDS", 0.5)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def trickle() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(begin)
                while not over.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        began = datetime.now(UTC)
        assert reason(f"http://127.0.0.1:{listening.getsockname()[1]}/", System().public_key) == "late"
        assert datetime.now(UTC) - began < timedelta(seconds=2)
        over.set()
        thread.join()


def test_a_name_that_takes_too_long_to_resolve_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "DEADLINE_SECONDS", 0.2)
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(20) and [])
    assert reason("https://partner.example/", System().public_key) == "late"
    answered.set()


class Secure:
    """A listener with a certificate for partner.example, and a resolver and a judge that lead there."""

    def __init__(self, folder: Path, partner: System, monkeypatch: pytest.MonkeyPatch) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "partner.example")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("partner.example")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.certificate = folder / "certificate.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.certificate.write_bytes(made.public_bytes(Encoding.PEM) + private)
        self.partner, self.asked, self.named = partner, list[str](), list[str | None]()
        monkeypatch.setattr(addresses, "PORTS", (self.port,))
        monkeypatch.setattr(addresses, "public", lambda _: True)
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)

    @property
    def port(self) -> int:
        return int(self.partner.url.split(":")[2].split("/")[0])

    def _resolve(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        """The second answer would lead elsewhere (DNS rebinding)."""
        if host == "127.0.0.1":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        self.asked.append(host)
        address = "127.0.0.1" if len(self.asked) == 1 else "127.0.0.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secure]:
    """The system of ``partner``, behind TLS."""
    with system() as found:
        found.answer = found.prove
        made = Secure(tmp_path, found, monkeypatch)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(made.certificate)
        server.sni_callback = lambda _, name, __: made.named.append(name)
        found.wrap(server)
        yield made


def test_tls_is_spoken_with_the_name_at_the_address_that_was_judged(
    secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "_trust", secure.trusted)
    url = f"https://partner.example:{secure.port}/hooks"
    handshake.handshake(callback_url=url, public_key=secure.partner.public_key, merchant="shop", now=NOW)
    assert secure.asked == ["partner.example"]
    assert secure.named == ["partner.example"]
    assert secure.partner.got[0].headers["host"] == f"partner.example:{secure.port}"


def test_a_certificate_of_another_name_is_refused(secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_trust", secure.trusted)
    assert reason(f"https://other.example:{secure.port}/", secure.partner.public_key) == "tls_failed"


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Secure) -> None:
    assert reason(f"https://partner.example:{secure.port}/", secure.partner.public_key) == "tls_failed"


def test_plain_http_behind_https_is_refused(partner: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = Secure(tmp_path, partner, monkeypatch).port
    assert reason(f"https://partner.example:{port}/", partner.public_key) == "tls_failed"


def test_every_reason_is_told_in_both_languages() -> None:
    for word, text in REASONS.items():
        refusal = HandshakeFailed(reason=word)
        assert text.en in refusal.text("en")
        assert not CHINESE.search(refusal.text("en"))
        assert text.zh in refusal.text("zh")
