"""Items as a scan and an export bring them, in DynamoDB JSON: what is taken of them, and checks that add up.

Millions of them are read, so nothing is converted that is not looked at.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

Stored = Mapping[str, Any]  # an item as it is stored, its values plain
Raw = Mapping[str, Any]  # the same in DynamoDB JSON
Posting = tuple[str, str, int, str]
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)  # what an item raises that is not as it should be


def plain(item: Raw) -> dict[str, Any]:
    """The whole item."""
    return {name: _value(value) for name, value in item.items()}


def texts(item: Raw) -> dict[str, Any]:
    """Its texts alone."""
    return {name: value["S"] for name, value in item.items() if "S" in value}


def recorded(item: Raw) -> dict[str, Any]:
    """What a Record says in texts, its postings, and its id, which its key has, too."""
    return texts(item) | {"id": item["pk"]["S"].rpartition(":")[2], "postings": postings(item, "postings")}


def postings(item: Raw, name: str) -> list[Posting]:
    """The postings that it holds under ``name``."""
    if name not in item:
        return []
    parts = [each["L"] for each in item[name]["L"]]
    return [(source["S"], target["S"], int(amount["N"]), asset["S"]) for source, target, amount, asset in parts]


def checked(*parts: str) -> int:
    """A number that stands for ``parts`` in a sum: the same in each process and on each day."""
    return int.from_bytes(blake2b("|".join(parts).encode(), digest_size=7).digest())


@lru_cache(maxsize=10_000)
def tint(colour: str) -> int:
    """The same for a colour, of which there are few."""
    return checked(colour)


def _value(typed: Any) -> Any:
    [(kind, value)] = typed.items()
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if kind == "L":
        return [_value(each) for each in value]
    if kind == "M":
        return plain(value)
    return None if kind == "NULL" else value
