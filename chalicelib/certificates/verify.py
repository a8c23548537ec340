"""Verifies a certificate offline: ``python -m chalicelib.certificates.verify CERTIFICATE --jwks KEYS``.

CERTIFICATE and KEYS are files or http(s) addresses; the certificate is its JSON, or its JWS alone. Exit status:
0 valid, 1 not valid (the signature is wrong, something was changed, it was revoked), 2 it could not be checked.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import jwt
from jwt.types import Options

from chalicelib.certificates.model import claims
from chalicelib.signing import jose

VALID, INVALID, UNCHECKED = 0, 1, 2
# The signature is judged before; of times nothing is asked, since this machine's clock may be wrong.
_OPTIONS: Options = {"verify_signature": False, "require": ["iss", "jti", "iat"]}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m chalicelib.certificates.verify", description=__doc__)
    parser.add_argument("certificate", help="file or address of the certificate's JSON, or of its JWS alone")
    parser.add_argument("--jwks", required=True, help="file or address of the keys: …/.well-known/jwks.json")
    asked = parser.parse_args(arguments)
    try:
        stated, jws = _certificate(_read(asked.certificate))
        keys = jose.key_set(_read(asked.jwks))
        if not keys:
            raise ValueError("no key that verifies certificates")
    except (OSError, ValueError, KeyError) as error:
        return _report(UNCHECKED, f"NOT CHECKED: {error}")
    if jws is None:
        return _report(UNCHECKED, "NOT CHECKED: the certificate is not signed yet. Fetch it again in a moment.")
    return _judge(stated, jws, keys)


def _judge(stated: dict[str, Any] | None, jws: str, keys: Iterable[jose.Key]) -> int:
    try:
        jose.verify(jws, keys)
        signed = jwt.decode(jws, options=_OPTIONS)
        public = signed if stated is None else claims(stated)
    except (jwt.PyJWTError, ValueError) as error:
        return _report(INVALID, f"INVALID: {error}")
    except KeyError as error:
        return _report(INVALID, f"INVALID: something is missing: {error.args[0]}")
    if changed := sorted(name for name in public.keys() | signed if public.get(name) != signed.get(name)):
        return _report(INVALID, f"INVALID: what the certificate says is not what was signed: {', '.join(changed)}")
    for name, value in signed.items():
        print(f"{name:>14}  {value}")
    if stated is None:
        return _report(VALID, "VALID: the signature is good. Whether it was revoked, only the platform knows.")
    if stated["status"] != "valid":
        return _report(INVALID, f"REVOKED at {stated['revoked_at']}: {stated['reason']} (the signature is good)")
    if uncovered := stated.get("uncovered_grams"):  # not signed: it may change any day
        print(f"NOTE: {uncovered} of its grams await recovery, because reductions were reversed.")
    return _report(VALID, "VALID: the signature is good and the certificate says what was signed.")


def _certificate(text: str) -> tuple[dict[str, Any] | None, str | None]:
    """What the certificate says, if that is at hand, and its JWS."""
    if not text.lstrip().startswith("{"):
        return None, text.strip()
    stated: dict[str, Any] = json.loads(text)
    return stated, stated["jws"]


def _read(place: str) -> str:
    if not place.startswith(("http://", "https://")):
        return Path(place).read_text("utf-8")
    with urlopen(Request(place, headers={"Accept": "application/json"}), timeout=20) as answer:  # noqa: S310 - http(s)
        text: str = answer.read(1 << 20).decode("utf-8")
    return text


def _report(status: int, verdict: str) -> int:
    print(verdict)
    return status


if __name__ == "__main__":
    sys.exit(main())
