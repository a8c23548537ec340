"""Which addresses may be called: https to a public one. Everything else might be a way into our own network (SSRF)."""

import ipaddress
import re
import socket
import threading
from queue import Empty, SimpleQueue
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from chalicelib.settings import settings

PORTS = (443, 8443)
_URL = re.compile(r"[\x21-\x7e]{1,500}")  # ASCII: a name in another script has more than one reading, xn-- has one
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"({_LABEL}\.)*{_LABEL}\.?")
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")  # to a resolver 2130706433 and 0x7f.1 are addresses too
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Global to Python 3.11's ipaddress, but not one host of the public internet: IANA's special-purpose registries
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
LOCAL = "127.0.0.1"


class NotReached(Exception):
    """Who was to be called was not, or gave no answer that can be taken. ``reason`` is a word for programs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Target(NamedTuple):
    """Where to connect, and what to ask for there. The name was resolved once: it cannot turn into another address."""

    secure: bool
    host: str
    port: int
    address: str
    path: str


def locate(url: str, seconds: float) -> Target:
    """The target of ``url``. Raises NotReached where it may not be called or its name does not resolve in time."""
    parts, port = split(url)
    host, path = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "http" and host == LOCAL and settings().allow_local_partners:
        return Target(False, host, port or 80, LOCAL, path)
    if parts.scheme != "https":
        raise NotReached("not_https")
    if port not in (None, *PORTS):
        raise NotReached("port_not_allowed")
    found = _resolve(host, port or 443, seconds)
    if not all(public(each) for each in found):  # one that is not is one too many: the next lookup may give it first
        raise NotReached("private_address")
    return Target(True, host, port or 443, found[0], path)


def split(url: str) -> tuple[SplitResult, int | None]:
    """The parts of an address that has one reading only, and its port. Raises NotReached."""
    if not _URL.fullmatch(url) or "\\" in url:
        raise NotReached("bad_url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotReached("bad_url") from error
    if "@" in parts.netloc:
        raise NotReached("credentials_in_url")
    host = parts.hostname or ""
    if parts.fragment or not _is_host(host) or ("[" in parts.netloc) != (":" in host):
        raise NotReached("bad_url")
    return parts, port


def _is_host(host: str) -> bool:
    """A name, or an address in its one usual spelling."""
    try:
        return ipaddress.ip_address(host).compressed == host and "%" not in host
    except ValueError:
        return len(host) <= 253 and bool(_NAME.fullmatch(host)) and not _NUMBER.fullmatch(host)


def public(address: str) -> bool:
    """Whether the address is one of the public internet, for one host, and no wrapping of another address."""
    found = ipaddress.ip_address(address)
    if not found.is_global or found.is_multicast or found.is_reserved or any(found in each for each in _SPECIAL):
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return True
    return found in _GLOBAL_UNICAST and found.sixtofour is None and found.teredo is None


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a name. The resolver takes no time limit, so it is left behind when time is up."""
    answer: SimpleQueue[list[str]] = SimpleQueue()

    def look() -> None:
        try:
            answer.put([str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, UnicodeError):
            answer.put([])

    threading.Thread(target=look, daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except Empty:
        raise NotReached("late") from None
    if not found:
        raise NotReached("unknown_host")
    return found
