"""HTTP message signatures (RFC 9421) of merchants' servers, with Content-Digest (RFC 9530): the part that we require.

A signature covers at least ``REQUIRED``, so that neither method, path, body nor Idempotency-Key can be exchanged, and
a copy of the request within the window is nothing but a replay. ``keyid`` is the public key as it was registered.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib.signing import ed25519, webhooks

REQUIRED = ("@method", "@path", "content-digest", "idempotency-key")
WINDOW_SECONDS = 300  # between ``created`` and our clock
LENGTH_MAX = 4096  # of a header that is looked at

_COMPONENTS = r'\((?:"[^"\\]{1,64}"(?: "[^"\\]{1,64}")*)?\)'
_PARAMS = r'(?:;[a-z*][a-z0-9_.*-]*=(?:"[^"\\]*"|[0-9]{1,12}))*'
_LABEL = r"[a-z*][a-z0-9_.*-]*"
_INPUT = re.compile(rf"({_LABEL})=(({_COMPONENTS})({_PARAMS}))(?:, *|$)")
_SIGNATURE = re.compile(rf"({_LABEL})=:([A-Za-z0-9+/]+={{0,2}}):(?:, *|$)")
_SECONDS = re.compile("[0-9]{1,12}")
_DIGEST = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/]+={0,2}):(?:, *|$)")


class BadMessage(ValueError):
    """``reason`` says why a signature does not prove the request."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Proof:
    """What a Record keeps of a signature: anyone can check ``signature`` of ``base`` by ``key`` (whpk_) again."""

    key: str
    base: str
    signature: str


class Message(NamedTuple):
    """A request as it came. ``path`` is what the client called, without the query."""

    method: str
    path: str
    headers: Mapping[str, str]  # by any spelling of the name
    body: bytes

    @property
    def is_signed(self) -> bool:
        """Whether it claims a signature."""
        return bool(self.headers.get("signature-input") or self.headers.get("signature"))


class Given(NamedTuple):
    """A signature as its client declares it. ``signed_params`` is the value of @signature-params (RFC 9421, 2.3)."""

    label: str
    components: tuple[str, ...]
    params: dict[str, str]
    signed_params: str


def verify(message: Message, keys: Collection[str], now: datetime) -> Proof:
    """What proves that the holder of one of ``keys`` sent ``message`` lately. Raises BadMessage."""
    given = _chosen(message, keys)
    _check_terms(given, now)
    _check_body(message)
    signature = _value(message, given.label)
    base = base_of(message, given)
    key = given.params["keyid"]
    if not ed25519.proves(base64.b64decode(key.removeprefix(webhooks.PREFIX)), base.encode(), signature):
        raise BadMessage("bad_signature")
    return Proof(key=key, base=base, signature=base64.b64encode(signature).decode())


def base_of(message: Message, given: Given) -> str:
    """The signature base (RFC 9421, 2.5). Raises BadMessage for a component that is absent or not supported."""
    lines = [f'"{name}": {_component(message, name)}' for name in given.components]
    return "\n".join([*lines, f'"@signature-params": {given.signed_params}'])


def inputs(text: str) -> list[Given]:
    """The members of Signature-Input. Raises BadMessage for another syntax than RFC 8941's for what we support."""
    found = _members(_INPUT, text)
    return [_given(*each.groups()) for each in found]


def _given(label: str, signed_params: str, components: str, params: str) -> Given:
    names = tuple(re.findall(r'"([^"]*)"', components))
    pairs = [each.partition("=") for each in re.findall(r';([^=;]+="[^"]*"|[^=;]+=[0-9]+)', params)]
    values = {name: value.strip('"') for name, _, value in pairs}
    if len(set(names)) < len(names) or len(values) < len(pairs):
        raise BadMessage("malformed")
    return Given(label, names, values, signed_params)


def _members(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """The members of a dictionary, which fill the whole text."""
    found, position = [], 0
    while position < len(text) <= LENGTH_MAX and (member := pattern.match(text, position)):
        found.append(member)
        position = member.end()
    if not found or position < len(text) or text.endswith((",", " ")):
        raise BadMessage("malformed")
    return found


def _chosen(message: Message, keys: Collection[str]) -> Given:
    """The first signature by a key of the merchant: others, of a proxy perhaps, are none of ours."""
    for given in inputs(message.headers.get("signature-input", "").strip()):
        if given.params.get("keyid") in keys:
            return given
    raise BadMessage("unknown_key")


def _check_terms(given: Given, now: datetime) -> None:
    if not {*REQUIRED} <= {*given.components}:
        raise BadMessage("not_covered")
    if given.params.get("alg", "ed25519") != "ed25519":
        raise BadMessage("other_algorithm")
    created, expires = _seconds(given, "created"), _seconds(given, "expires")
    if created is None or abs(created - now.timestamp()) > WINDOW_SECONDS:
        raise BadMessage("stale")
    if expires is not None and expires < now.timestamp():
        raise BadMessage("stale")


def _seconds(given: Given, name: str) -> int | None:
    """A time, in seconds since 1970; None where it is not given. Raises BadMessage."""
    text = given.params.get(name)
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):  # str.isdigit would also take "²", of which int makes an error
        raise BadMessage("stale")
    return int(text)


def _check_body(message: Message) -> None:
    """Every digest that is given is the body's. Raises BadMessage."""
    for each in _members(_DIGEST, message.headers.get("content-digest", "").strip()):
        algorithm, digest = each.groups()
        right = base64.b64encode(hashlib.new(algorithm.replace("-", ""), message.body).digest()).decode()
        if not hmac.compare_digest(digest, right):
            raise BadMessage("other_body")


def _value(message: Message, label: str) -> bytes:
    for each in _members(_SIGNATURE, message.headers.get("signature", "").strip()):
        if each[1] == label:
            try:
                return base64.b64decode(each[2], validate=True)
            except ValueError:
                break
    raise BadMessage("malformed")


def _component(message: Message, name: str) -> str:
    derived = {"@method": message.method, "@path": message.path}
    if name in derived:
        return derived[name]
    if name == "@authority":
        return message.headers.get("host", "").lower().removesuffix(":443")
    value = None if name.startswith("@") or name != name.lower() else message.headers.get(name)
    if value is None:
        raise BadMessage("unknown_component")
    return value.strip()
