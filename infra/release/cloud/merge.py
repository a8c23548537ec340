"""Chalice's template and ours become one, by Chalice's own merge; then plain CloudFormation.

SAM is translated here, not in the cloud: what is linted, scanned and tried on the emulator is what is deployed.
"""

import json
import logging
import os
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from chalice.package import TemplateDeepMerger

from infra.here import REGION, ROOT
from infra.release import cfn
from infra.release.cloud import alarms, dashboard, pages, refusals, rollout, triggers
from infra.release.cloud.functions import Function, Template, common, environment, functions, woken


def write(chalice: Template, folder: Path) -> None:
    """``sam.json`` and ``template.json`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    template = merged(chalice)
    (folder / "sam.json").write_text(json.dumps(template, indent=1) + "\n")
    (folder / "template.json").write_text(json.dumps(translated(template), indent=1) + "\n")


def merged(chalice: Template) -> Template:
    """``chalice``'s template with all that is ours, still in SAM's words."""
    every, found = functions(chalice), chalice
    for addition in (cfn.load(ROOT / "infra" / "app.yaml"), environment(woken(every)), *_derived(every)):
        found = TemplateDeepMerger().merge(addition, found)
    return cast(Template, rollout.through_aliases(_restorable(found)))


# What is known of a table by its stream's ARN, arn:…:table/NAME/stream/TIME
_STREAM = {"Ref": "RestoredStream"}
_RESTORED: dict[str, Any] = {
    "TableName": {"Fn::Select": [1, {"Fn::Split": ["/", _STREAM]}]},
    "TableArn": {"Fn::Select": [0, {"Fn::Split": ["/stream/", _STREAM]}]},
    "StreamArn": _STREAM,
}


def _restorable(part: Any) -> Any:
    """``part`` with the data stack's table wherever it is named, unless a restored one is to take its place."""
    if isinstance(part, list):
        return [_restorable(each) for each in part]
    if not isinstance(part, dict):
        return part
    for output, restored in _RESTORED.items():
        if part == {"Fn::ImportValue": {"Fn::Sub": f"${{DataStack}}-{output}"}}:
            return {"Fn::If": ["Restored", restored, part]}
    return {name: _restorable(value) for name, value in part.items()}


def _derived(every: list[Function]) -> list[Template]:
    own = {function.name: alarms.of_function(function) for function in every}
    watched = [alarm for each in own.values() for alarm in each]
    watched += [alarm for name in woken(every) for alarm in alarms.of_queue(name)]
    watched += [*alarms.of_failures(), *alarms.of_api(), *alarms.of_table(), *alarms.of_metrics()]
    parts = [part(function) for function in every for part in (common, triggers.resources)]
    parts += [rollout.resources(function, watched, own[function.name]) for function in every]
    parts += [refusals.resources(), pages.resources(), {alarm.logical: alarm.resource() for alarm in watched}]
    parts += [dashboard.resource(every, woken(every), watched)]
    return [{"Resources": part} for part in parts]


def translated(template: Template) -> Template:
    """``template`` in plain CloudFormation. Raises samtranslator's InvalidDocumentException."""
    from samtranslator.translator.transform import transform

    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    # It asks for a region to name a partition; nothing of ours depends on it, and a test looks at that.
    with patch.dict(os.environ, AWS_DEFAULT_REGION=os.environ.get("AWS_DEFAULT_REGION", REGION)):
        return rollout.after_permissions(transform(template, {}, _NoManagedPolicies()))


class _NoManagedPolicies:
    """Every role here has a policy of its own, so no managed one is looked up."""

    def load(self) -> dict[str, Any]:
        return {}
