"""Resources that keep a snapshot of another: a published version of a function, a deployment of the API's definition.

CloudFormation makes a snapshot only under a new name, and parameters decide what is in it: code, environment, secret's
version, allowed origins. Parameters are known only now, so the names are completed here.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_FUNCTION = "AWS::Lambda::Function"
# What each kind of snapshot is of: the property that refers to it.
_KEPT = {"AWS::ApiGateway::Deployment": "RestApiId", "AWS::Lambda::Version": "FunctionName"}
_NAMED = re.compile(r"\$\{(\w+)\}")

Template = dict[str, Any]


def named(text: str, parameters: Mapping[str, str]) -> str:
    """``text`` (a template in JSON) with a name for each snapshot that follows from what it keeps.

    A function says the same in its description: Lambda publishes no version of a function that has not changed.
    """
    template: Template = json.loads(text)
    for name, resource in list(template["Resources"].items()):
        if resource["Type"] in _KEPT:
            kept = template["Resources"][resource["Properties"][_KEPT[resource["Type"]]]["Ref"]]
            digest = _digest(kept, template, parameters)
            if kept["Type"] == _FUNCTION:
                kept["Properties"]["Description"] = digest
            template = _renamed(template, name, name + digest)
    return json.dumps(template, indent=1)


def _renamed(template: Template, old: str, new: str) -> Template:
    """Wherever it is named: as a key, in Ref, Fn::GetAtt, Fn::Sub and DependsOn."""
    found: Template = json.loads(re.sub(rf'(?<=["{{]){old}(?=["}}.])', new, json.dumps(template)))
    return found


def _digest(kept: Template, template: Template, parameters: Mapping[str, str]) -> str:
    """Of the resource ``kept``, with the values of all parameters that it depends on."""
    names = set(_mentioned(kept, template)) & template["Parameters"].keys()
    values = {name: parameters.get(name, template["Parameters"][name].get("Default")) for name in names}
    content = json.dumps([kept, values], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:10]


def _mentioned(part: Any, template: Template) -> Iterator[str]:
    """Names in ``part`` that may be parameters', those of its conditions included."""
    if isinstance(part, list):
        for each in part:
            yield from _mentioned(each, template)
    if not isinstance(part, dict):
        return
    for name, value in part.items():
        if name == "Ref":
            yield value
        elif name == "Fn::Sub":
            yield from _NAMED.findall(value if isinstance(value, str) else value[0])
        elif name == "Fn::If" or (name == "Condition" and isinstance(value, str)):
            condition = value if isinstance(value, str) else value[0]
            yield from _mentioned(template["Conditions"][condition], template)
        yield from _mentioned(value, template)
