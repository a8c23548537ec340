"""Clients that hold good tokens, stolen ones, or none: what they try at the whole platform, and what it answers."""

import base64
import gzip
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from infra.dev.demo.people import institution, person
from infra.dev.issuer import AUDIENCE, NAME
from tests.system.city import City, check_books, codes
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
PATIENCE_SECONDS = 5  # for one answer, on a machine that does other things


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with City(tmp_path_factory.mktemp("city")) as stack:
        stack.settle_down(3)
        yield stack


class Forger:
    """Knows everything of the issuer that is public, and for comparison its key."""

    def __init__(self, city: City) -> None:
        self.private: Any = load_pem_private_key((city.data / "keys" / "token.pem").read_bytes(), None)
        self.kid = json.loads((city.data / "keys" / "jwks.json").read_text())["keys"][0]["kid"]
        self.own = ec.generate_private_key(ec.SECP256R1())

    def signed(self, key: Any = None, head: dict[str, Any] | None = None, **claims: Any) -> str:
        now = int(time.time())
        stated = {
            "iss": NAME,
            "aud": AUDIENCE,
            "sub": "p0",
            "role": "individual",
            "iat": now,
            "exp": now + 600,
        } | claims
        head = {"kid": self.kid} | (head or {})
        return jwt.api_jws.encode(json.dumps(stated).encode(), key or self.private, algorithm="ES256", headers=head)

    def spelt(self, head: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
        """A token by hand: libraries refuse to make it."""
        body = self.signed().split(".")[1].encode()
        start = base64.urlsafe_b64encode(json.dumps(head).encode()).rstrip(b"=") + b"." + body
        return (start + b"." + base64.urlsafe_b64encode(sign(start)).rstrip(b"=")).decode()

    def with_the_public_key_as_secret(self) -> str:
        public = self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return self.spelt({"alg": "HS256", "kid": self.kid}, lambda text: hmac.digest(public, text, hashlib.sha256))

    def naming(self, kid: Any) -> str:
        return self.spelt({"alg": "ES256", "kid": kid}, lambda text: hmac.digest(b"", text, hashlib.sha256))

    def bringing_its_key(self) -> str:
        """The key beside the signature, in each way that RFC 7515 has."""
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.own.public_key()))
        return self.signed(self.own, {"jwk": public, "jku": "http://127.0.0.1/jwks", "x5u": "http://127.0.0.1/x"})


TOKENS: dict[str, Callable[[Forger], str]] = {
    "unsigned": lambda f: f.spelt({"alg": "none"}, lambda _: b""),
    "unsigned, in other letters": lambda f: f.spelt({"alg": "nOnE", "kid": f.kid}, lambda _: b""),
    "signed with the public key as a secret": Forger.with_the_public_key_as_secret,
    "signed with an empty secret": lambda f: f.spelt({"alg": "HS256"}, lambda t: hmac.digest(b"", t, hashlib.sha256)),
    "signed by nobody, all zero": lambda f: f.spelt({"alg": "ES256", "kid": f.kid}, lambda _: bytes(64)),
    "signed by another key": lambda f: f.signed(f.own),
    "bringing its own key": Forger.bringing_its_key,
    "whose key is a file": lambda f: f.naming("../../keys/jwks.json"),
    "whose key is an empty device": lambda f: f.naming("/dev/null"),
    "whose key is an address": lambda f: f.naming("http://127.0.0.1:1/keys"),
    "whose key is a command": lambda f: f.naming("x' UNION SELECT 'k'; --"),
    "whose key holds NUL": lambda f: f.naming("a\x00b"),
    "whose key is a list": lambda f: f.naming([f.kid]),
    "of another issuer": lambda f: f.signed(iss="https://else.example"),
    "of a list of issuers": lambda f: f.signed(iss=[NAME]),
    "for another audience": lambda f: f.signed(aud="else"),
    "over": lambda f: f.signed(exp=int(time.time()) - 60),
    "not valid yet": lambda f: f.signed(nbf=int(time.time()) + 600),
    "from the future": lambda f: f.signed(iat=int(time.time()) + 600),
    "of a role nobody has": lambda f: f.signed(role="admin"),
    "that must be understood": lambda f: f.signed(head={"crit": ["b64"], "b64": False}),
    "of 64 KiB": lambda f: f.signed(x="x" * 48_000),
}


@pytest.mark.parametrize("make", TOKENS.values(), ids=TOKENS)
def test_no_token_but_the_issuers_opens_anything(city: City, make: Callable[[Forger], str]) -> None:
    headers = {"Authorization": f"Bearer {make(Forger(city))}"}
    answer = httpx.get(f"{city.url}/v1/accounts/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_the_forger_knows_how_to_make_a_good_one(city: City) -> None:
    headers = {"Authorization": f"Bearer {Forger(city).signed()}"}
    assert httpx.get(f"{city.url}/v1/accounts/me", headers=headers).status_code == 200


def test_a_header_that_is_too_large_is_refused_at_the_door(city: City) -> None:
    answer = httpx.get(f"{city.url}/v1/accounts/me", headers={"Authorization": "Bearer " + "x" * 300_000})
    assert answer.status_code == 431


def test_two_tokens_in_one_request_are_none(city: City) -> None:
    headers = [("Authorization", f"Bearer {city.token('individual', sub)}") for sub in ("p0", "p1")]
    assert httpx.get(f"{city.url}/v1/accounts/me", headers=headers).status_code == 401


def send(city: City, content: bytes, **headers: str) -> httpx.Response:
    """An account's opening; the answer comes in time."""
    known = {"Authorization": f"Bearer {city.token('individual', 'bomber')}", "Idempotency-Key": f"b{time.time_ns()}"}
    known["Content-Type"] = "application/json"
    return httpx.post(
        f"{city.url}/v1/accounts", content=content, headers=known | headers, timeout=httpx.Timeout(PATIENCE_SECONDS)
    )


BOMBS = {
    "depth": b'{"name":' + b"[" * 100_000,
    "depth of objects": b'{"a":' * 40_000,
    "closed depth": b"[" * 100_000 + b"]" * 100_000,
    "a number of 200 000 digits": b'{"name":' + b"9" * 200_000 + b"}",
    "a fraction of 200 000 digits": b'{"name":0.' + b"9" * 200_000 + b"}",
    "an exponent": b'{"name":1e999999999}',
    "one name 20 000 times": b"{" + b'"name":1,' * 20_000 + b'"name":1}',
    "20 000 names": json.dumps({f"n{number}": 1 for number in range(20_000)}).encode(),
    "half letters": b'{"name":"' + b"\\ud83d" * 30_000 + b'"}',
    "quotes": b'{"name":"' + b'\\"' * 100_000,
    "marks on one letter": ('{"name":"a' + "\u0300" * 60_000 + '"}').encode(),
    "other bytes": b"\xff\xfe" * 60_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_of_json_is_refused_at_once_and_briefly(city: City, bomb: bytes) -> None:
    answer = send(city, bomb)
    assert answer.status_code in (400, 422)
    assert len(answer.content) < 20_000


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_what_is_compressed_is_not_unpacked(city: City, coding: str) -> None:
    answer = send(city, gzip.compress(bytes(64 << 20), mtime=0), **{"Content-Encoding": coding})
    assert answer.status_code in (400, 415)


DISGUISED = {
    "a turn to the left": "Alipay\u202egnp.exe",
    "an isolate": "shop\u2066\u202eoffi\u2069cial",
    "a mark of direction": "Metro\u200f Shop",
    "a bell": "Metro\u0007",
    "an escape of a terminal": "Metro\x1b[2K",
    "a line end": "Metro\nrole: exchange",
    "nothing that is seen": "\u3164\u2800\u200b",
}


@pytest.mark.parametrize("name", DISGUISED.values(), ids=DISGUISED)
def test_a_name_that_shows_something_else_is_refused(city: City, name: str) -> None:
    answer = city.post("/v1/accounts", institution(5) | {"name": name}, "institution", "disguised")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/name")


def test_one_number_in_other_letters_is_one_number(city: City) -> None:
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    for spelling in (lambda t: t.translate(wide), lambda t: t.translate(arabic), lambda t: f"\u200b{t}", str.lower):
        body = person(0)
        body["identity_number"] = spelling(body["identity_number"])
        answer = city.post("/v1/accounts", body, "individual", "double")
        assert answer.status_code in (409, 422), answer.text  # never a second account of one person


def test_one_record_in_other_letters_is_another_record_or_none(city: City) -> None:
    assert city.report(0, 10, record="lookalike-1").status_code == 201
    spellings = ("lookalike-1", "lookalike\u20101", "lookalike-\uff11", "l\u043eokalike-1")
    found = codes(city.report(0, 10, record=each) for each in spellings)
    assert found == {"already_reported": 1, "invalid_request": 3}


def test_a_cursor_leads_only_its_owner_and_only_on(city: City) -> None:
    for number in (0, 0, 1, 1):
        city.report(number, 10)
    entries = "/v1/accounts/me/entries"
    eventually(lambda: city.get(f"{entries}?limit=1", sub="p0")["next_cursor"] is not None)
    cursor = city.get(f"{entries}?limit=1", sub="p0")["next_cursor"]
    claims = jwt.decode(cursor, options={"verify_signature": False})
    forged = {
        "of another person": (cursor, "p1"),
        "with another place": (jwt.encode(claims | {"at": {"sk": "x"}}, "guess" * 8, algorithm="HS256"), "p0"),
        "unsigned": (jwt.encode(claims, "", algorithm="none"), "p0"),
        "a token": (city.token("individual", "p0"), "p0"),
        "of nothing": ("", "p0"),
    }
    for why, (sent, sub) in forged.items():
        headers = {"Authorization": f"Bearer {city.token('individual', sub)}"}
        answer = city.http.get(f"{city.url}{entries}", params={"cursor": sent}, headers=headers)
        assert answer.status_code == 422 or (why == "of nothing" and answer.status_code == 200), why
    assert city.get(f"{entries}?limit=1&cursor={cursor}", sub="p0")["items"]


def test_serials_and_ids_cannot_be_guessed(city: City) -> None:
    city.report(2, 1000)
    answers = [
        city.post("/v1/cancellations", {"points": 10, "purpose": "抵消出行"}, "individual", "p2") for _ in range(3)
    ]
    serials = [answer.json()["certificate"]["serial"].replace("-", "") for answer in answers]
    for one, other in pairwise(serials):
        assert sum(a != b for a, b in zip(one[4:], other[4:], strict=True)) > 8  # of 16: nothing runs on
    near = [serials[0][:-1] + letter for letter in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if letter != serials[0][-1]]
    assert {httpx.get(f"{city.url}/v1/certificates/{each}").status_code for each in near} == {404}
    mine = answers[0].json()["id"]
    others = [mine[:-1] + letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter != mine[-1]]
    headers = {"Authorization": f"Bearer {city.token('individual', 'p1')}"}
    found = {
        city.http.get(f"{city.url}/v1/redemptions/{each}", headers=headers).status_code for each in (mine, *others)
    }
    assert found == {404}


def test_after_all_of_it_the_books_agree(city: City) -> None:
    eventually(lambda: city.unfiled() == 0)
    check_books(city)
