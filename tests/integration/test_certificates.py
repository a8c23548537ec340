"""Certificates: what anyone may read, who signed it, and that a change of one byte shows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from joserfc import jws as joserfc_jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chalicelib.certificates import queries, signatures
from chalicelib.labels import beijing
from chalicelib.settings import settings
from chalicelib.signing import jws
from chalicelib.signing.jws import SignerAway
from chalicelib.table import keys
from tests.tokens import new_signing_key
from tests.world import World

EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}


@pytest.fixture
def serial(world: World) -> str:
    """Of a certificate that a cancellation has issued; nobody has signed it yet."""
    world.rich()
    body = {"points": 5000, "purpose": "抵消我的上海至北京出行"}
    issued = world.post("/v1/cancellations", body, role="individual", sub="alice").body["certificate"]
    return str(issued["serial"])


def verified(world: World, signed: str) -> dict[str, Any]:
    """The claims, as a JOSE library finds them that shares no code with ours. Raises JoseError."""
    known = KeySet.import_key_set(world.get("/.well-known/jwks.json").body)
    found = joserfc_jws.deserialize_compact(signed, known, algorithms=["ES256"])
    assert found.headers()["typ"] == "certificate+jwt"
    claims: dict[str, Any] = json.loads(found.payload)
    return claims


def in_table(world: World, serial: str) -> dict[str, Any]:
    item = world.item(keys.certificate(serial))
    assert item
    return item


def away(*_: Any, **__: Any) -> str:
    raise SignerAway()


def test_anyone_may_read_it_and_the_signature_covers_all_of_it(world: World, serial: str) -> None:
    world.stream()
    answer = world.get(f"/v1/certificates/{serial}")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
    certificate = answer.body
    assert (certificate["kind"], certificate["holder"], certificate["beneficiary"]) == ("cancellation", "王**", None)
    assert (certificate["grams"], certificate["points"], certificate["status"]) == (5000, 5000, "valid")
    claims = verified(world, certificate["jws"])
    assert (claims.pop("jti"), claims.pop("iss")) == (serial, certificate["issuer"])
    assert isinstance(claims.pop("iat"), int)
    unsigned = {"serial", "url", "issuer", "status", "reason", "revoked_at", "uncovered_grams", "jws"}
    unsigned |= {"mix", "mix_source", "mix_from"}
    assert claims == {name: value for name, value in certificate.items() if name not in unsigned and value is not None}


@pytest.mark.parametrize("part", [0, 1, 2])
def test_one_changed_byte_is_found(world: World, serial: str, part: int) -> None:
    parts = world.get(f"/v1/certificates/{serial}").body["jws"].split(".")
    middle = len(parts[part]) // 2
    other = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + other + parts[part][middle + 1 :]
    with pytest.raises((JoseError, ValueError)):
        verified(world, ".".join(parts))


def test_the_stream_signs_and_the_signature_stays(world: World, serial: str) -> None:
    assert "jws" not in in_table(world, serial)
    before = in_table(world, serial)
    world.stream()
    signed = in_table(world, serial)
    assert signed == before | {"jws": signed["jws"]}
    world.stream()
    assert in_table(world, serial) == signed
    assert world.get(f"/v1/certificates/{serial}").body["jws"] == signed["jws"]


def test_the_first_reader_signs_what_the_stream_has_not(world: World, serial: str) -> None:
    first = world.get(f"/v1/certificates/{serial}").body["jws"]
    assert verified(world, first)["jti"] == serial
    assert in_table(world, serial)["jws"] == first
    world.stream()
    assert in_table(world, serial)["jws"] == first


def test_two_who_sign_at_once_end_with_the_same(world: World, serial: str) -> None:
    read = queries.certificate(serial)
    assert signatures.signature(read) == signatures.signature(read)


def test_a_certificate_that_is_not_kept_is_not_signed(world: World, serial: str) -> None:
    certificate, place = queries.certificate(serial), keys.certificate(serial)
    del world.store.items[place.pk, place.sk]
    assert signatures.signature(certificate) is None
    assert world.item(place) is None


def test_with_the_signer_away_all_else_goes_on(world: World, serial: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(signatures, "sign", away)
        world.stream()
        waiting = world.get(f"/v1/certificates/{serial}")
        assert (waiting.status, waiting.body["grams"], waiting.body["jws"]) == (200, 5000, None)
        page = world.get(f"/v1/certificates/{serial}", headers={"Accept": "text/html"})
        assert 'data-jws=""' in page.body.decode()
        assert world.get("/v1/supply").body["points_by_use"]["cancelled"] == 5000
    assert verified(world, world.get(f"/v1/certificates/{serial}").body["jws"])["grams"] == 5000


def test_keys_that_cannot_be_had_are_a_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unplugged(name: str) -> Any:
        raise OSError(name)

    with monkeypatch.context() as patch:
        patch.setattr(jws, "_key", unplugged)
        answer = world.get("/.well-known/jwks.json")
    assert (answer.refused, answer.headers["Retry-After"]) == ((503, "unavailable"), "1")


def test_after_a_change_of_keys_old_certificates_still_verify(
    world: World, serial: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = world.get(f"/v1/certificates/{serial}").body["jws"]
    folder = tmp_path / "signing"
    new_signing_key(folder / "0002.pem")
    (folder / "0001.pem").write_bytes((Path(settings().signing_keys_dir) / "0001.pem").read_bytes())
    monkeypatch.setenv("SIGNING_KEYS_DIR", str(folder))
    settings.cache_clear()
    body = {"points": 1, "purpose": "x"}
    again = world.post("/v1/cancellations", body, role="individual", sub="alice").body["certificate"]["serial"]
    new = world.get(f"/v1/certificates/{again}").body["jws"]
    assert len(world.get("/.well-known/jwks.json").body["keys"]) == 2
    assert (verified(world, old)["grams"], verified(world, new)["grams"]) == (5000, 1)
    assert json_header(old)["kid"] != json_header(new)["kid"]
    (folder / "0001.pem").unlink()  # what must never be done
    with pytest.raises((JoseError, ValueError)):
        verified(world, old)
    settings.cache_clear()


def json_header(signed: str) -> dict[str, Any]:
    return dict(joserfc_jws.extract_compact(signed.encode()).headers())


def full_width(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


TYPED: dict[str, Callable[[str], str]] = {
    "lower case": str.lower,
    "no dashes": lambda serial: serial.replace("-", ""),
    "blanks for dashes": lambda serial: serial.lower().replace("-", " "),
    "blanks around": lambda serial: f" {serial}\u3000",
    "full width": full_width,
    "full-width blanks": lambda serial: full_width(serial).replace("\uff0d", "\u3000"),
    "long dashes": lambda serial: serial.replace("-", "\u2014"),
    "copied from a chat": lambda serial: f"\u200b{serial}\ufeff\n",
}


@pytest.mark.parametrize("way", TYPED)
def test_a_serial_may_be_typed_in_several_ways(world: World, serial: str, way: str) -> None:
    answer = world.get(f"/v1/certificates/{quote(TYPED[way](serial))}")
    assert (answer.status, answer.body.get("serial")) == (200, serial)


@pytest.mark.parametrize("typed", [" ", "王小明", "😀", "SH26", "%00", "SH26-7KQ4-M2XD-9HPT-C3WQ" * 3])
def test_what_is_no_serial_is_not_found(world: World, typed: str) -> None:
    assert world.get(f"/v1/certificates/{quote(typed)}").refused == (404, "not_found")


def test_a_revocation_names_the_serial_as_it_was_typed_and_is_the_same_when_repeated(world: World, serial: str) -> None:
    typed = f"/v1/certificates/{quote(full_width(serial.lower()))}/revoke"
    done = world.post(typed, {"reason": "数据有误"}, key="once", **EXCHANGE)
    again = world.post(typed, {"reason": "数据有误"}, key="once", **EXCHANGE)
    assert (done.status, done.body["serial"]) == (200, serial)
    assert again.body == done.body


def test_the_page_shows_words_and_beijing_time_instead_of_codes(world: World, serial: str) -> None:
    page = world.get(f"/v1/certificates/{serial}", headers={"Accept": "text/html"}).body.decode()
    at = in_table(world, serial)["issued_at"]
    assert ">碳积分自愿注销 <small lang=en>Voluntary cancellation</small></td>" in page
    assert ">cancellation<" not in page
    assert f"{beijing(at)}（北京时间） <small lang=en>{at}</small></td>" in page


def test_a_mistyped_serial_is_told_apart_from_an_unknown_one(world: World, serial: str) -> None:
    swapped = serial[:-1] + ("2" if serial[-1] != "2" else "3")
    mistyped = world.get(f"/v1/certificates/{swapped}")
    unknown = world.get("/v1/certificates/SH26-7KQ4-M2XD-9HPT-C3WQ")
    assert mistyped.refused == unknown.refused == (404, "not_found")
    assert "check character" in mistyped.body["detail"]
    assert mistyped.body["detail"] != unknown.body["detail"]
    assert world.get("/v1/certificates/x").refused == (404, "not_found")


def test_the_exchange_revokes_with_a_reason_and_the_signature_stays(world: World, serial: str) -> None:
    signed = world.get(f"/v1/certificates/{serial}").body["jws"]
    path, body = f"/v1/certificates/{serial.lower()}/revoke", {"reason": "方法学核查发现数据有误"}
    for role in ("individual", "institution", "bureau"):
        assert world.post(path, body, role=role, sub="x").refused == (403, "role_not_allowed")
    done = world.post(path, body, key="once", **EXCHANGE)
    assert (done.status, done.body["status"], done.body["reason"]) == (200, "revoked", body["reason"])
    assert world.post(path, body, key="once", **EXCHANGE).body == done.body
    assert world.post(path, body, **EXCHANGE).refused == (409, "invalid_state")
    certificate = world.get(f"/v1/certificates/{serial}").body
    assert (certificate["status"], certificate["reason"], certificate["jws"]) == ("revoked", body["reason"], signed)
    page = world.get(f"/v1/certificates/{serial}", headers={"Accept": "text/html"}).body.decode()
    assert body["reason"] in page
    assert "已撤销" in page
    [record] = [each for each in world.records() if each["kind"] == "certificate_revoked"]
    assert (record["certificate"], record["caller"]) == (serial, "exchange")


def test_only_what_stands_can_be_revoked(world: World) -> None:
    unknown = world.post("/v1/certificates/SH26-7KQ4-M2XD-9HPT-C3WQ/revoke", {"reason": "x"}, **EXCHANGE)
    assert unknown.refused == (404, "not_found")


def test_the_page_refers_to_our_own_paths_only_and_escapes_what_people_wrote(world: World) -> None:
    world.rich()
    body = {"points": 1, "purpose": '<script>alert("1")</script>'}
    serial = world.post("/v1/cancellations", body, role="individual", sub="alice").body["certificate"]["serial"]
    answer = world.get(f"/v1/certificates/{serial}", headers={"Accept": "text/html,*/*;q=0.8"})
    page = answer.body.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert page.count("http") == 1  # the issuer's name
    for name in ("certificate.js", "certificate.css"):
        link = page.split(f'{name}"')[0].rpartition('"')[2] + name
        asset = world.get(link.replace("../../", "/"))
        assert (asset.status, asset.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert world.get("/certificates/any/certificate.html").status == 404


def test_who_asks_for_a_pdf_gets_bytes_through_the_gateway(world: World, serial: str) -> None:
    for accept in ("application/pdf", "application/pdf, */*;q=0.1"):
        answer = world.get(f"/v1/certificates/{serial}", headers={"Accept": accept})
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.body.startswith(b"%PDF-")
        assert serial in answer.headers["Content-Disposition"]
    missing = world.get("/v1/certificates/x", headers={"Accept": "application/pdf"})
    assert (missing.refused, missing.headers["Content-Type"]) == ((404, "not_found"), "application/problem+json")


def test_the_public_keys_may_be_kept_for_minutes(world: World) -> None:
    answer = world.get("/.well-known/jwks.json")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=300")
    [key] = answer.body["keys"]
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
    assert "d" not in key
