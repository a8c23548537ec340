"""Reads infra/data.yaml: CloudFormation's resources, with this machine's names filled in."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from infra.local.settings import REGION, ROOT

_PSEUDO = {
    "Stage": "local",
    "AWS::AccountId": "000000000000",
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::StackName": "local",
}


class _Loader(yaml.SafeLoader):
    """SafeLoader with CloudFormation's short tags: ``!Ref x`` is ``{"Ref": x}``, ``!Sub x`` is ``{"Fn::Sub": x}``."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _tagged)


def properties(resource: str) -> dict[str, Any]:
    """The properties of one resource of infra/data.yaml, as they are on this machine."""
    text = (ROOT / "infra" / "data.yaml").read_text()
    template = yaml.load(text, Loader=_Loader)  # noqa: S506 (_Loader is a SafeLoader)
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
