"""Addresses that others name: what is called, and what never is."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import settings
from chalicelib.outside.addresses import NotReached, locate, public

Names = Callable[..., list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Say what every name resolves to; the answer lists the names that were looked up."""

    def resolve(*addresses: str) -> list[str]:
        asked: list[str] = []

        def look(host: str, port: int, **_: Any) -> list[Any]:
            asked.append(host)
            if not addresses:
                raise socket.gaierror("no such name")
            return [(None, None, None, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look)
        return asked

    resolve("93.184.215.14")
    return resolve


def reason(url: str) -> str:
    with pytest.raises(NotReached) as refused:
        locate(url, 1.0)
    return refused.value.reason


PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8", "169.254.169.254",
    "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:93.184.215.14", "::7f00:1", "::93.184.215.14",
    "64:ff9b::a00:1", "64:ff9b::5db8:d70e", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1", "2002:7f00:1::", "2002:5db8:d70e::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "ff0e::1", "4000::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_public_internet_is_not_called(names: Names, address: str) -> None:
    assert not public(address)
    names(address)
    assert reason("https://partner.example/") == "private_address"


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "240e::1"])
def test_what_is_of_the_public_internet_may_be_called(names: Names, address: str) -> None:
    names(address)
    assert locate("https://partner.example/hooks?a=1", 1.0).address == address


@pytest.mark.parametrize("bad", ["127.0.0.1", "fd00::1"])
def test_one_private_address_among_public_ones_is_one_too_many(names: Names, bad: str) -> None:
    names("93.184.215.14", bad)
    assert reason("https://partner.example/") == "private_address"


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind(names: Names) -> None:
    asked = names("93.184.215.14")
    found = locate("https://Partner.Example/", 1.0)
    assert (asked, found.host, found.address, found.port) == (
        ["partner.example"],
        "partner.example",
        "93.184.215.14",
        443,
    )


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://partner.example/", "not_https"),
        ("ftp://partner.example/", "not_https"),
        ("file:///etc/passwd", "bad_url"),
        ("gopher://127.0.0.1:25/", "not_https"),
        ("//partner.example/", "not_https"),
        ("partner.example", "bad_url"),
        ("", "bad_url"),
        ("https://", "bad_url"),
        ("https:///path", "bad_url"),
        ("https://partner.example:22/", "port_not_allowed"),
        ("https://partner.example:80/", "port_not_allowed"),
        ("https://partner.example:0/", "port_not_allowed"),
        ("https://partner.example:99999/", "bad_url"),
        ("https://partner.example:https/", "bad_url"),
        ("https://user:secret@partner.example/", "credentials_in_url"),
        ("https://partner.example@evil.example/", "credentials_in_url"),
        ("https://@partner.example/", "credentials_in_url"),
        ("https://partner.example/#part", "bad_url"),
        ("https://partner.example\\@127.0.0.1/", "bad_url"),
        ("https://partner.example/\r\nHost: x", "bad_url"),
        ("https://part\tner.example/", "bad_url"),
        (" https://partner.example/", "bad_url"),
        ("https://partner.example/" + "a" * 500, "bad_url"),
        ("https://-partner.example/", "bad_url"),
        ("https://partner..example/", "bad_url"),
        ("https://" + "a" * 64 + ".example/", "bad_url"),
        ("https://partner%2eexample/", "bad_url"),
        # names in other scripts: full-width digits and a full stop that become 127.0.0.1, and one that is honest
        ("https://１２７．０．０．１/", "bad_url"),
        ("https://127。0。0。1/", "bad_url"),
        ("https://ⓛocalhost/", "bad_url"),
        ("https://示例.中国/", "bad_url"),
        # addresses in their other spellings
        ("https://2130706433/", "bad_url"),
        ("https://0x7f000001/", "bad_url"),
        ("https://0x7f.1/", "bad_url"),
        ("https://0177.0.0.1/", "bad_url"),
        ("https://127.1/", "bad_url"),
        ("https://127.0.0.1./", "bad_url"),
        ("https://127.0.0.010/", "bad_url"),
        ("https://134744072/", "bad_url"),
        ("https://1.2.3.4.5/", "bad_url"),
        ("https://partner.example.0x1/", "bad_url"),
        ("https://[::1%25lo]/", "bad_url"),
        ("https://[fe80::1%eth0]/", "bad_url"),
        ("https://[0:0:0:0:0:0:0:1]/", "bad_url"),
        ("https://[::1/", "bad_url"),
        ("https://[v1.a]/", "bad_url"),
    ],
)
def test_an_address_is_written_plainly_or_not_called(names: Names, url: str, why: str) -> None:
    asked = names("93.184.215.14")
    assert reason(url) == why
    assert asked == []


@pytest.mark.parametrize(
    "url", ["https://xn--fsqu00a.xn--fiqs8s/", "https://partner.example:8443/", "https://a_b.example."]
)
def test_plain_addresses_are_called(names: Names, url: str) -> None:
    assert locate(url, 1.0).secure


def test_a_name_without_an_address_is_told_as_such(names: Names) -> None:
    names()
    assert reason("https://partner.example/") == "unknown_host"


@pytest.mark.usefixtures("names")
def test_http_to_this_very_machine_is_for_one_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert locate("http://127.0.0.1:8900/", 1.0).port == 8900
    assert reason("http://localhost:8900/") == "not_https"
    assert reason("http://[::1]:8900/") == "not_https"
    monkeypatch.delenv("ALLOW_LOCAL_PARTNERS")
    settings.settings.cache_clear()
    try:
        assert reason("http://127.0.0.1:8900/") == "not_https"
    finally:
        settings.settings.cache_clear()


@pytest.mark.parametrize("address", ["192.0.0.10", "192.88.99.1", "3fff::1", "3fff:fff::1"])
def test_special_purpose_addresses_are_not_called(names: Names, address: str) -> None:
    names(address)
    assert reason("https://partner.example/") == "private_address"
