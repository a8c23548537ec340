"""``python -m infra.release.guard TEMPLATE…``."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from infra.release import cfn
from infra.release.guard.scan import Finding, findings

EXCEPTIONS = Path(__file__).parent / "exceptions.yaml"


def unexplained(found: list[Finding], exceptions: dict[str, dict[str, object]]) -> list[str]:
    """A line for each finding without an exception, and for each exception without a finding."""
    excused = {(rule, resource) for rule, each in exceptions.items() for resource in _resources(each)}
    lines = [
        f"{each.resource}: {each.rule}: {each.says}"
        for each in found
        if (each.rule, each.resource) not in excused and (each.rule, "*") not in excused
    ]
    broken = {(each.rule, each.resource) for each in found} | {(each.rule, "*") for each in found}
    return lines + [f"{rule} needs no exception for {resource}" for rule, resource in sorted(excused - broken)]


def _resources(exception: dict[str, object]) -> list[str]:
    named = exception["resources"]
    return [str(each) for each in named] if isinstance(named, list) else [str(named)]


def _template(path: Path) -> dict[str, Any]:
    if path.suffix == ".yaml":
        return cfn.load(path)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def main(paths: list[str]) -> int:
    """Exit status 1 with a line for each finding."""
    found = [each for path in paths for each in findings(_template(Path(path)))]
    lines = unexplained(found, yaml.safe_load(EXCEPTIONS.read_text()))
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
