"""Compact JWS (RFC 7515) by the first of our keys, and the public halves of all of them (RFC 7517).

Keys change by turns: list the new one last and deploy (it is published), then first and deploy (it signs). An old one
stays in the list for ever, or what it signed can no longer be verified.
"""

import base64
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Text, Unavailable
from chalicelib.settings import settings
from chalicelib.signing.remote import FileKey, RemoteKey, SigningKey

_log = logging.getLogger("carbon-points")


class SignerAway(Unavailable):
    detail = Text(
        "The keys of certificates cannot be reached now. Nothing was lost; send the same request again.",
        "凭证签名密钥暂不可用。数据未受影响，请稍后重新提交同一请求。",
    )


def sign(claims: Mapping[str, Any], *, kind: str) -> str:
    """``claims`` signed (ES256); ``kind`` is the media type's name in ``typ`` (RFC 8725, 3.11). Raises SignerAway."""
    from chalicelib.signing import jose

    payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
    names = _names()
    if not names:
        raise SignerAway()
    with _reaching():
        key = _key(names[0])
        return jose.sign(payload, key, {"kid": jose.jwk(key.public)["kid"], "typ": kind})


def jwks() -> dict[str, list[dict[str, str]]]:
    """Every key that ever signed, as a JWK Set. Raises SignerAway."""
    from chalicelib.signing import jose

    with _reaching():
        return {"keys": [jose.jwk(_key(name).public) for name in _names()]}


def payload(jws: str) -> bytes:
    """What was signed."""
    part = jws.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, OSError) as error:
        _log.warning("the keys of certificates cannot be reached", exc_info=True)
        raise SignerAway() from error


def _names() -> tuple[str, ...]:
    """Of KMS in the order given; of files the one whose name sorts last is the first."""
    folder = settings().signing_keys_dir
    if folder:
        return tuple(str(path) for path in sorted(Path(folder).glob("*.pem"), reverse=True))
    return settings().signing_keys


@lru_cache(maxsize=16)
def _key(name: str) -> SigningKey:
    return FileKey(name) if settings().signing_keys_dir else RemoteKey(name)
