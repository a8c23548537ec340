"""Who may call what: proven by a token that is valid now, from this issuer, for this service, and bears one role."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chalicelib.kernel.caller import ROLES
from tests.endpoints import ROUTES, filled
from tests.tokens import signing_key, token
from tests.world import World

GUARDED = {name: route for name, route in ROUTES.items() if route.allow}
PUBLIC = {name: route for name, route in ROUTES.items() if not route.allow}
PUBLIC_KEY = signing_key().public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)  # fmt: skip


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(header: Any, claims: Any = None, signature: str = "AAAA") -> str:
    ours = {"sub": "alice", "role": "individual", "iss": "carbon-points-local", "aud": "carbon-points"}
    return f"{segment(header)}.{segment(claims or ours | {'exp': time.time() + 600})}.{signature}"


def hs256_with_the_public_key() -> str:
    """PyJWT refuses to make one, so it is made by hand."""
    import hashlib
    import hmac

    signed = forged({"alg": "HS256", "kid": "test", "typ": "JWT"}).rpartition(".")[0]
    signature = hmac.new(PUBLIC_KEY, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def signed_by(key: Any, algorithm: str, kid: str) -> str:
    claims = jwt.decode(token("individual", "alice"), options={"verify_signature": False})
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


def verbatim(header: bytes, claims: bytes) -> str:
    """A token of exactly these bytes, with a good signature."""
    signed = b".".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in (header, claims))
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(signed, signing_key())
    return f"{signed.decode()}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


VALID = token("individual", "alice")
HEADER = b'{"alg":"ES256","kid":"test"}'
CLAIMED = jwt.decode(VALID, options={"verify_signature": False})
CLAIMS = json.dumps(CLAIMED).encode()
HEAD, SAID, SIGNATURE = VALID.split(".")
BAD = {
    "expired": token("individual", "alice", exp=int(time.time()) - 1),
    "never expiring": token("individual", "alice", exp=None),
    "expiring at a word": token("individual", "alice", exp="tomorrow"),
    "expiring at a text of digits": token("individual", "alice", exp=str(int(time.time()) + 600)),
    "expiring at true": verbatim(HEADER, json.dumps(CLAIMED | {"exp": True}).encode()),
    "expiring at no finite number": verbatim(HEADER, json.dumps(CLAIMED | {"exp": 0}).encode()[:-2] + b"1e400}"),
    "valid from a text of digits on": token("individual", "alice", nbf="1"),
    "issued at a text of digits": token("individual", "alice", iat="1"),
    "issued at null": verbatim(HEADER, json.dumps(CLAIMED | {"iat": None}).encode()),
    "valid only later": token("individual", "alice", nbf=int(time.time()) + 600),
    "of another issuer": token("individual", "alice", iss="https://else.example"),
    "of no issuer": token("individual", "alice", iss=None),
    "for another audience": token("individual", "alice", aud="else"),
    "for no audience": token("individual", "alice", aud=None),
    "of a role nobody has": token("root", "alice"),
    "of two roles": token(["individual", "bureau"], "alice"),  # type: ignore[arg-type]
    "of a number as role": token(1, "alice"),  # type: ignore[arg-type]
    "of no role": token(None, "alice"),  # type: ignore[arg-type]
    "of nobody": token("individual", ""),
    "of no sub": token("individual", None),  # type: ignore[arg-type]
    "of a number as sub": token("individual", 7),  # type: ignore[arg-type]
    "of too long a sub": token("individual", "a" * 256),
    "of more than 8 KiB": token("individual", "alice", more="x" * 8192),
    "signed by another key under our id": signed_by(ec.generate_private_key(ec.SECP256R1()), "ES256", "test"),
    "signed by another key under another id": signed_by(ec.generate_private_key(ec.SECP256R1()), "ES256", "other"),
    "signed by an RSA key under our id": signed_by(rsa.generate_private_key(65537, 2048), "RS256", "test"),
    "unsigned": forged({"alg": "none", "kid": "test"}, signature=""),
    "unsigned and bold": forged({"alg": "None"}, signature=""),
    "signed with the public key as a secret": hs256_with_the_public_key(),
    "with an unknown algorithm": forged({"alg": "ES999", "kid": "test"}),
    "with a number as algorithm": forged({"alg": 1, "kid": "test"}),
    "with a number as key id": forged({"alg": "ES256", "kid": 1}),
    "with an unknown extension": forged({"alg": "ES256", "kid": "test", "crit": ["x"]}),
    "with a list as header": forged([]),
    "with the claims of another": f"{HEAD}.{segment({'sub': 'bob', 'role': 'bureau'})}.{SIGNATURE}",
    "without its signature": f"{HEAD}.{SAID}.",
    "cut short": VALID[:-5],
    "in two parts": f"{HEAD}.{SAID}",
    "with a claim twice": verbatim(HEADER, CLAIMS[:-1] + b',"role":"individual"}'),
    "with a claim of a claim twice": verbatim(HEADER, CLAIMS[:-1] + b',"a":{"b":1,"b":2}}'),
    "with a header twice": verbatim(HEADER[:-1] + b',"kid":"test"}', CLAIMS),
    "with half a letter": verbatim(HEADER, CLAIMS.replace(b"alice", rb"\ud800")),
    "with NaN": verbatim(HEADER, CLAIMS[:-1] + b',"a":NaN}'),
    "of dots": "..",
    "of nothing": "",
    "of noise": "\u6211",
    "of nines": "9" * 10_000,
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_token_is_refused_that_is(world: World, bad: str) -> None:
    headers = {"Authorization": f"Bearer {bad}"}
    assert world.get("/v1/accounts/me", headers=headers).status == 401
    body = {"kind": "individual", "name": "a", "identity_number": "11010519491231002X"}
    assert world.post("/v1/accounts", body, headers=headers).status == 401
    assert world.items() == []


@pytest.mark.parametrize("header", ["", VALID, f"Basic {VALID}", f"Bearer{VALID}", "Bearer", f"Bearer {VALID} x"])
def test_the_header_says_bearer_and_the_token(world: World, header: str) -> None:
    assert world.get("/v1/accounts/me", headers={"Authorization": header}).status == 401


def test_a_token_may_be_spelt_in_other_bytes(world: World) -> None:
    spelt = verbatim(b' {"kid": "test",\n"alg": "ES256"} ', CLAIMS.replace(b"alice", rb"\u0061lice"))
    assert world.get("/v1/accounts/me", headers={"Authorization": f"Bearer {spelt}"}).refused == (404, "not_found")


@pytest.mark.parametrize(
    "good",
    [
        token("individual", "alice", kid=None),
        token("individual", "alice", exp=time.time() + 3600.5, nbf=time.time() - 1.5, iat=int(time.time())),
        verbatim(HEADER, json.dumps(CLAIMED | {"exp": 10**400}).encode()),
    ],
    ids=["that names no key", "with fractions of seconds", "that expires very late"],
)
def test_a_token_is_accepted(world: World, good: str) -> None:
    headers = {"Authorization": f"Bearer {good}"}
    assert world.get("/v1/accounts/me", headers=headers).refused == (404, "not_found")


@pytest.mark.parametrize("header", [f"Bearer {VALID}", f"bearer {VALID}", f"BEARER  {VALID} "])
def test_the_scheme_has_no_case(world: World, header: str) -> None:
    assert world.get("/v1/accounts/me", headers={"Authorization": header}).refused == (404, "not_found")


@pytest.mark.parametrize("name", GUARDED)
def test_a_guarded_route_wants_a_token(world: World, name: str) -> None:
    path = filled(GUARDED[name].path)
    assert world.call(GUARDED[name].method, path, {}).status == 401
    assert world.items() == []


@pytest.mark.parametrize("name", GUARDED)
def test_a_role_that_may_never_call_a_route_is_told_who_may(world: World, name: str) -> None:
    route = GUARDED[name]
    path = filled(route.path)
    for role in set(ROLES) - set(route.allow):
        refused = world.call(route.method, path, {}, role=role, sub="someone")
        assert refused.refused == (403, "role_not_allowed")
        assert refused.body["allowed"] == ", ".join(route.allow)
    for role in route.allow:
        assert world.call(route.method, path, {}, role=role, sub="someone", key=None).status != 403
    assert world.items() == []


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_route_asks_nobody_who_he_is(world: World, name: str) -> None:
    path = PUBLIC[name].path
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        assert world.get(filled(path), headers=headers).status in {200, 303, 404}
