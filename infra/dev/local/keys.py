"""The local stack's own keys, made once: the one that signs tokens, and those that the deployed code has in
Secrets Manager and KMS."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from infra.release.deploy.secret import ONLY_AT_FIRST, SECRETS

# The same on every machine, so that the ids in the README are those of its reader. It protects nothing.
_ACCOUNT_KEY = base64.b64encode(b"carbon-points: development only.").decode()


def make(folder: Path) -> None:
    """Make what is missing. What is there is never changed, except that secrets.json gets the names it lacks.

    ``signing`` holds the keys of certificates: the one whose name sorts last signs, the others still verify.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _once(folder / "token.pem", _new_pem)
    _once(folder / "jwks.json", lambda: json.dumps({"keys": [_public(folder)]}).encode())
    _once(folder / "secrets.json", lambda: _secrets({ONLY_AT_FIRST: _ACCOUNT_KEY}))
    _complete(folder / "secrets.json")
    (folder / "signing").mkdir(exist_ok=True, mode=0o700)
    _once(folder / "signing" / "0001.pem", _new_pem)


def _new_pem() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public(folder: Path) -> dict[str, str]:
    key = serialization.load_pem_private_key((folder / "token.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    public: dict[str, str] = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    return public | {"use": "sig", "alg": "ES256", "kid": f"local-{public['x'][:8]}"}


def _secrets(known: dict[str, str]) -> bytes:
    """``known``, and a new secret for each name that it lacks."""
    return json.dumps({name: base64.b64encode(secrets.token_bytes(32)).decode() for name in SECRETS} | known).encode()


def _complete(path: Path) -> None:
    """A folder of an earlier version lacks the names that came later."""
    known = json.loads(path.read_text())
    if not known.keys() >= set(SECRETS):
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        _write(draft, _secrets(known))
        draft.replace(path)


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _once(path: Path, make_content: Callable[[], bytes]) -> None:
    """Write ``path`` unless it is there. Whole or not at all, and the first of two writers wins."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    _write(draft, make_content())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
