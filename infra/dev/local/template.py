"""Reads infra/data.yaml: CloudFormation's resources, with this machine's names filled in."""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from infra.here import REGION, ROOT
from infra.release import cfn

_PSEUDO = {
    "Stage": "local",
    "AWS::AccountId": "000000000000",
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::StackName": "local",
    "AWS::NoValue": None,
}


def properties(resource: str) -> dict[str, Any]:
    """The properties of one resource of infra/data.yaml, as they are on this machine."""
    template = cfn.load(ROOT / "infra" / "data.yaml")
    found: dict[str, Any] = _resolve(template["Resources"][resource]["Properties"])
    return found


def _resolve(value: Any) -> Any:
    if isinstance(value, list):
        return [_resolve(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    for name, resolve in _INTRINSICS.items():
        if name in value:
            return resolve(value[name])
    return {key: _resolve(inner) for key, inner in value.items()}


def _named(name: str) -> Any:
    if name != "CorsOrigins":
        return _PSEUDO[name]
    allowed = (os.environ.get("CORS_ORIGINS", ""), os.environ.get("PAGES_ORIGIN", ""))  # our own pages send documents
    return ",".join(filter(None, allowed))


def _chosen(parts: list[Any]) -> Any:
    condition, yes, no = parts
    return _resolve(yes if {"HasCorsOrigins": bool(_named("CorsOrigins"))}[condition] else no)


def _split(parts: list[Any]) -> list[str]:
    separator, text = _resolve(parts)
    return str(text).split(separator)


_INTRINSICS: dict[str, Callable[[Any], Any]] = {
    "Fn::Sub": lambda text: re.sub(r"\$\{([\w:]+)\}", lambda name: _named(name[1]), text),
    "Ref": _named,
    "Fn::If": _chosen,
    "Fn::Split": _split,
}
