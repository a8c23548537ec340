"""Runs the rules, resource by resource: so a finding names its resource, and cfn-guard's reports stay small (of long
ones its Python binding loses the beginning)."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from cfn_guard_rs.cfn_guard_rs import run_checks_rs

_RULES = Path(__file__).parent / "aws"
_TYPE = re.compile(r"AWS::[A-Za-z0-9:]+")
_NAME = re.compile(r"^rule (\w+)", re.MULTILINE)


class Finding(NamedTuple):
    rule: str
    resource: str
    says: str


@lru_cache(maxsize=1)
def _rules() -> dict[str, str]:
    """The text of each rule's file by the rule's name."""
    texts = [path.read_text() for path in sorted(_RULES.glob("*.guard"))]
    return {found[1]: text for text in texts if (found := _NAME.search(text))}


def findings(template: dict[str, Any]) -> Iterator[Finding]:
    """Every rule that a resource of ``template`` breaks."""
    defaults = {name: each["Default"] for name, each in template.get("Parameters", {}).items() if "Default" in each}
    for name, resource in template["Resources"].items():
        one = json.dumps({"Resources": {name: _filled(resource, defaults)}})
        for rule, text in _rules().items():
            if resource["Type"] in _TYPE.findall(text) and (says := _broken(one, text)) is not None:
                yield Finding(rule, name, says)


def _filled(value: Any, defaults: dict[str, Any]) -> Any:
    """``value`` as it is deployed if nobody gives another parameter: rules look at values, not at references."""
    if isinstance(value, dict):
        if value.keys() == {"Ref"} and value["Ref"] in defaults:
            return defaults[value["Ref"]]
        return {key: _filled(inner, defaults) for key, inner in value.items()}
    return [_filled(inner, defaults) for inner in value] if isinstance(value, list) else value


def _broken(template: str, rule: str) -> str | None:
    """What the rule says against ``template``; None where it has nothing to say."""
    report = run_checks_rs(template, rule, False)
    try:
        if json.loads(report)["status"] != "FAIL":
            return None
    except ValueError:
        pass  # a report that lost its beginning: only a failure is long
    said = re.search(r'"custom_message": "(.*?)(?<!\\)"', report)
    return " ".join(said[1].replace("\\n", " ").split()) if said else "broken"
