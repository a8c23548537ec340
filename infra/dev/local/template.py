"""Reads infra/data.yaml: CloudFormation's resources, with this machine's names filled in."""

import re
from collections.abc import Mapping
from typing import Any

from infra.here import REGION, ROOT
from infra.release import cfn

_PSEUDO = {
    "Stage": "local",
    "AWS::AccountId": "000000000000",
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::StackName": "local",
}


def properties(resource: str) -> dict[str, Any]:
    """The properties of one resource of infra/data.yaml, as they are on this machine."""
    template = cfn.load(ROOT / "infra" / "data.yaml")
    found: dict[str, Any] = _resolve(template["Resources"][resource]["Properties"])
    return found


def _resolve(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "Fn::Sub" in value:
            return re.sub(r"\$\{([\w:]+)\}", lambda name: _PSEUDO[name[1]], value["Fn::Sub"])
        if "Ref" in value:
            return _PSEUDO[value["Ref"]]
        return {key: _resolve(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolve(inner) for inner in value]
    return value
