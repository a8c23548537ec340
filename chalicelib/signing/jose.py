"""Compact JWS (RFC 7515) with ES256 and RS256: PyJWT's, with pycryptodome's primitives plugged in as its algorithms.

PyJWT's own algorithms need the package cryptography, which brings all of OpenSSL: 4 MB of a zip that may have 8, and a
fifth of a cold start. The primitives take 0.1 s to import, so they are imported by the functions that need them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Union

import jwt
from jwt.algorithms import Algorithm
from jwt.utils import base64url_decode, base64url_encode

from chalicelib import json_input
from chalicelib.errors import Refusal

if TYPE_CHECKING:
    from Cryptodome.PublicKey.ECC import EccKey
    from Cryptodome.PublicKey.RSA import RsaKey

ES256, RS256 = "ES256", "RS256"
_COORDINATE_BYTES, _RSA_BITS_MIN = 32, 2048


class Invalid(ValueError):
    """No JWS, one by a key that is not known, or one that was changed."""


class Key(NamedTuple):
    """A public key and the one algorithm that it is for: a token's header has no say in that (RFC 8725, 3.1).

    ``kid``: its name, None where the issuer gives it none.
    """

    algorithm: str
    public: Union["EccKey", "RsaKey"]
    kid: str | None


def key_set(text: str) -> tuple[Key, ...]:
    """The keys of a JWK Set that verify ES256 or RS256. Raises ValueError for what is no JWK Set."""
    try:
        found = json_input.read(text.encode())
    except Refusal as error:
        raise ValueError("no JWK Set") from error
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise ValueError("no JWK Set")
    signing = (each for each in found["keys"] if isinstance(each, dict) and each.get("use", "sig") == "sig")
    return tuple(key for key in map(_load, signing) if key is not None)


def _load(jwk: Mapping[str, Any]) -> Key | None:
    """None for what is no key, or of a kind that is not ours to judge: the others of its set still serve."""
    from Cryptodome.PublicKey import ECC, RSA

    kid = jwk["kid"] if isinstance(jwk.get("kid"), str) else None
    try:
        if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256" and jwk.get("alg", ES256) == ES256:
            return Key(ES256, ECC.construct(curve="P-256", point_x=_int(jwk["x"]), point_y=_int(jwk["y"])), kid)
        if jwk.get("kty") == "RSA" and jwk.get("alg", RS256) == RS256:
            key = RSA.construct((_int(jwk["n"]), _int(jwk["e"])))
            return Key(RS256, key, kid) if key.size_in_bits() >= _RSA_BITS_MIN else None
    except (KeyError, TypeError, ValueError):
        return None
    return None


def _int(text: str) -> int:
    return int.from_bytes(base64url_decode(text))


class _Primitive(Algorithm):
    """An algorithm of PyJWT over keys of pycryptodome."""

    def prepare_key(self, key: Any) -> Any:
        return key

    def sign(self, msg: bytes, key: Any) -> bytes:
        """``key`` is a SigningKey, which makes the bytes of the algorithm itself."""
        signature: bytes = key.sign(msg)
        return signature

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        from Cryptodome.Hash import SHA256

        try:
            self._judge(key).verify(SHA256.new(msg), sig)
        except ValueError:
            return False
        return True

    def _judge(self, key: Any) -> Any:
        raise NotImplementedError

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        raise NotImplementedError


class _Es256(_Primitive):
    def _judge(self, key: Any) -> Any:
        from Cryptodome.Signature import DSS

        return DSS.new(key, "fips-186-3")


class _Rs256(_Primitive):
    def _judge(self, key: Any) -> Any:
        from Cryptodome.Signature import pkcs1_15

        return pkcs1_15.new(key)


@lru_cache(maxsize=1)
def _library() -> jwt.PyJWS:
    """PyJWT's JWS with these two algorithms and no other."""
    library = jwt.PyJWS()
    for name in library.get_algorithms():
        library.unregister_algorithm(name)
    library.register_algorithm(ES256, _Es256())
    library.register_algorithm(RS256, _Rs256())
    return library


def key_id(token: str) -> str | None:
    """The name of the key that a JWS claims, None where it claims none. Raises Invalid."""
    kid: str | None = _header(token).get("kid")
    return kid


def judges(token: str, keys: Iterable[Key]) -> list[Key]:
    """The keys that may have signed ``token``: those of its name, or the only one of its algorithm where it names none
    (RFC 7515, 4.1.4). Raises Invalid.
    """
    header = _header(token)
    fit = [key for key in keys if key.algorithm == header.get("alg")]
    if "kid" in header:
        return [key for key in fit if key.kid == header["kid"]]
    return fit if len(fit) == 1 else []


def _header(token: str) -> dict[str, Any]:
    try:
        json_input.read(base64url_decode(token.partition(".")[0]))
        return _library().get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, Refusal) as error:
        raise Invalid("no JWS") from error


def verify(token: str, keys: Iterable[Key]) -> bytes:
    """The payload that one of ``keys`` has signed. Raises Invalid."""
    for key in judges(token, keys):
        try:
            payload: bytes = _library().decode(token, key.public, algorithms=[key.algorithm])  # type: ignore[arg-type]
        except (jwt.PyJWTError, ValueError):
            continue
        return payload
    raise Invalid("not signed by a key that is known")


def sign(payload: bytes, key: Any, head: dict[str, str]) -> str:
    """A JWS with ES256 by ``key``, a SigningKey."""
    return _library().encode(payload, key, algorithm=ES256, headers=dict(head))


def jwk(public: "EccKey") -> dict[str, str]:
    """A public key as a JWK; its ``kid`` is its thumbprint (RFC 7638), so that it names the key and nothing else."""
    x, y = (base64url_encode(int(each).to_bytes(_COORDINATE_BYTES)).decode() for each in public.pointQ.xy)
    found = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    canonical = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
    kid = base64url_encode(hashlib.sha256(canonical).digest()).decode()
    return found | {"use": "sig", "alg": ES256, "kid": kid}
