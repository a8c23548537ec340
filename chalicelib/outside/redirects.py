"""Where a code of consent may go by itself: to addresses that a partner has registered, letter by letter, and to no
others (RFC 6749 §3.1.2, RFC 9700 §2.1). Nobody is called here.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from chalicelib.errors import InvalidRequest, Text
from chalicelib.outside.addresses import LOCAL, NotReached, split
from chalicelib.settings import settings

REDIRECTS_MAX = 10

RedirectUri = Annotated[
    str, Field(pattern=r"^https?://[\x21-\x7e]{1,500}$", examples=["https://mall.example.com/back"])
]
RedirectUris = Annotated[
    list[RedirectUri],
    Field(
        max_length=REDIRECTS_MAX,
        description="Addresses to which a person's client may send her, with the code of her consent: https, in ASCII, "
        "without user name or fragment. They are compared letter by letter",
    ),
]
_UNFIT = Text(
    "Must be a plain https:// address in ASCII, without user name or fragment",
    "应为规范的 ASCII https:// 地址，不得含用户名或片段",
)
_FOREIGN = (
    "Is no address that this partner has registered for codes of consent",
    "不是该对接方登记的授权返回地址",
)


def registrable(urls: Sequence[str]) -> None:
    """Raises InvalidRequest at each address that no code may ever be sent to."""
    unfit = [number for number, url in enumerate(urls) if not _fits(url)]
    if unfit:
        raise InvalidRequest(errors=[{"pointer": f"/consent_redirects/{each}", "detail": _UNFIT} for each in unfit])


def _fits(url: str) -> bool:
    """On one machine, and only there, a page of this machine is taken too (RFC 8252 §7.3)."""
    try:
        found, _ = split(url)
    except NotReached:
        return False
    local = found.scheme == "http" and found.hostname == LOCAL and settings().allow_local_partners
    return found.scheme == "https" or local


def registered(url: str | None, partners: Sequence[str]) -> None:
    """Raises InvalidRequest where a code is to go to ``url``, which is none of the partner's own."""
    if url is not None and url not in partners:
        raise InvalidRequest.at("/redirect_uri", *_FOREIGN)
