"""Compact JWS (RFC 7515) with ES256 and RS256, over pycryptodome's primitives.

PyJWT does this over the package cryptography, which brings all of OpenSSL: 4 MB of a zip that may have 8, and a fifth
of a cold start. What is asymmetric is therefore done here and in webhooks.py; claims and cursors stay PyJWT's business.
The primitives take 0.1 s to import, so their modules are imported by the functions that need them.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from jwt.utils import base64url_decode, base64url_encode

if TYPE_CHECKING:
    from Cryptodome.PublicKey.ECC import EccKey
    from Cryptodome.PublicKey.RSA import RsaKey

ES256, RS256 = "ES256", "RS256"
_COORDINATE_BYTES, _RSA_BITS_MIN = 32, 2048


class Invalid(ValueError):
    """No JWS, one by a key that is not known, or one that was changed."""


class Key(NamedTuple):
    """A public key and the one algorithm that it is for: a token's header has no say in that (RFC 8725, 3.1)."""

    algorithm: str
    public: Union["EccKey", "RsaKey"]


def key_set(text: str) -> dict[str, Key]:
    """The keys of a JWK Set that verify ES256 or RS256, by ``kid``. Raises ValueError for what is no JWK Set."""
    found = json.loads(text)
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise ValueError("no JWK Set")
    loaded = {str(each.get("kid", "")): _load(each) for each in found["keys"] if each.get("use", "sig") == "sig"}
    return {kid: key for kid, key in loaded.items() if key is not None}


def _load(jwk: Mapping[str, Any]) -> Key | None:
    """None for what is no key, or of a kind that is not ours to judge: the others of its set still serve."""
    from Cryptodome.PublicKey import ECC, RSA

    try:
        if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256" and jwk.get("alg", ES256) == ES256:
            return Key(ES256, ECC.construct(curve="P-256", point_x=_int(jwk["x"]), point_y=_int(jwk["y"])))
        if jwk.get("kty") == "RSA" and jwk.get("alg", RS256) == RS256:
            key = RSA.construct((_int(jwk["n"]), _int(jwk["e"])))
            return Key(RS256, key) if key.size_in_bits() >= _RSA_BITS_MIN else None
    except (KeyError, ValueError):
        return None
    return None


def _int(text: str) -> int:
    return int.from_bytes(base64url_decode(text))


def header(token: str) -> dict[str, Any]:
    """The unproven header of a JWS. Raises Invalid."""
    try:
        said = json.loads(base64url_decode(token.split(".")[0]))
    except ValueError as error:
        raise Invalid("no JWS") from error
    if not isinstance(said, dict):
        raise Invalid("no JWS")
    return said


def verify(token: str, keys: Mapping[str, Key]) -> bytes:
    """The payload that one of ``keys`` has signed. Raises Invalid."""
    from Cryptodome.Hash import SHA256
    from Cryptodome.Signature import DSS, pkcs1_15

    said = header(token)
    key = keys.get(str(said.get("kid", "")))
    if key is None or said.get("alg") != key.algorithm or "crit" in said or token.count(".") != 2:
        raise Invalid("not signed by a key that is known")
    signed, _, signature = token.rpartition(".")
    judge: Any = DSS.new(key.public, "fips-186-3") if key.algorithm == ES256 else pkcs1_15.new(key.public)  # type: ignore[arg-type]
    try:
        judge.verify(SHA256.new(signed.encode()), base64url_decode(signature))
        return base64url_decode(signed.partition(".")[2])
    except ValueError as error:
        raise Invalid("the signature is wrong") from error


def assemble(payload: bytes, head: Mapping[str, str]) -> bytes:
    """What is signed: header and payload."""
    said = json.dumps(dict(head), separators=(",", ":")).encode()
    return base64url_encode(said) + b"." + base64url_encode(payload)


def jwk(public: "EccKey") -> dict[str, str]:
    """A public key as a JWK; its ``kid`` is its thumbprint (RFC 7638), so that it names the key and nothing else."""
    x, y = (base64url_encode(int(each).to_bytes(_COORDINATE_BYTES)).decode() for each in public.pointQ.xy)
    found = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    canonical = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
    kid = base64url_encode(hashlib.sha256(canonical).digest()).decode()
    return found | {"use": "sig", "alg": ES256, "kid": kid}
