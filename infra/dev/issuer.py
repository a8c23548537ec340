"""The issuer of tokens on one machine: it gives anybody a token for anyone, and only the local stack trusts it."""

import json
import time
from pathlib import Path

import jwt

NAME, AUDIENCE = "carbon-points-local", "carbon-points"
TOKEN_SECONDS = 12 * 3600


def token(folder: Path, role: str, sub: str) -> str:
    """A token (ES256) for ``sub`` in ``role``, good for 12 hours, signed by the key in ``folder``."""
    now = int(time.time())
    claims = {"iss": NAME, "aud": AUDIENCE, "sub": sub, "role": role, "iat": now, "exp": now + TOKEN_SECONDS}
    key_id = json.loads((folder / "jwks.json").read_text())["keys"][0]["kid"]
    return jwt.encode(claims, (folder / "token.pem").read_bytes(), algorithm="ES256", headers={"kid": key_id})
