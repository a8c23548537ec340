"""How a new version of what callers wait for takes over: a tenth of the calls first, and back by itself on an alarm.

API Gateway calls an alias, which names a published version; CodeDeploy moves it. See docs/adr/0017-canary.md.
"""

import re
from typing import Any

from infra.release.cloud.alarms import Alarm
from infra.release.cloud.functions import Function, Template

ALIAS = "live"
# Callers wait for these, so a fault is an answer that is lost. Alarms beside the function's own that stop a rollout.
_CALLED: dict[str, tuple[str, ...]] = {"api_handler": ("api-5xx",), "authenticate": ("tokens-not-judged",)}
_STOPS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
_INVOKED = re.compile(r"functions/\$\{(\w+)\.Arn\}/invocations")


def resources(function: Function, watched: list[Alarm], own: list[Alarm]) -> Template:
    """Version, alias and deployment group of a function that callers wait for; nothing for the others.

    ``own`` are the alarms of this function, ``watched`` those of all.
    """
    if function.name not in _CALLED:
        return {}
    name = function.logical
    stopping = own + [alarm for alarm in watched if alarm.name in _CALLED[function.name]]
    return {
        f"{name}Version": {
            "Type": "AWS::Lambda::Version",
            "DeletionPolicy": "RetainExceptOnCreate",  # an earlier one can be called again at once
            "UpdateReplacePolicy": "Retain",
            "Properties": {"FunctionName": {"Ref": name}},
        },
        _alias(name): {
            "Type": "AWS::Lambda::Alias",
            "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": _if_canary(_named(name))},
            "Properties": {
                "Name": ALIAS,
                "FunctionName": {"Ref": name},
                "FunctionVersion": {"Fn::GetAtt": [f"{name}Version", "Version"]},
            },
        },
        f"{name}Rollout": {
            "Type": "AWS::CodeDeploy::DeploymentGroup",
            "Condition": "Canary",
            "Properties": _group([alarm.logical for alarm in stopping]),
        },
    }


def _alias(name: str) -> str:
    return f"{name}Live"


def _if_canary(then: Any) -> Template:
    return {"Fn::If": ["Canary", then, {"Ref": "AWS::NoValue"}]}


def _named(name: str) -> Template:
    return {"ApplicationName": {"Ref": "Rollouts"}, "DeploymentGroupName": {"Ref": f"{name}Rollout"}}


def _group(alarms: list[str]) -> Template:
    return {
        "ApplicationName": {"Ref": "Rollouts"},
        "ServiceRoleArn": {"Fn::GetAtt": ["RolloutRole", "Arn"]},
        "DeploymentConfigName": {"Fn::Sub": "CodeDeployDefault.Lambda${Rollout}"},
        "DeploymentStyle": {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
        "AutoRollbackConfiguration": {"Enabled": True, "Events": _STOPS},
        "AlarmConfiguration": {"Enabled": True, "Alarms": [{"Name": {"Ref": alarm}} for alarm in alarms]},
    }


def through_aliases(part: Any) -> Any:
    """``part`` of a template, in which API Gateway calls functions and may call them, by their aliases."""
    if isinstance(part, list):
        return [through_aliases(each) for each in part]
    if isinstance(part, str):
        return _INVOKED.sub(lambda found: f"functions/${{{_alias(found[1])}}}/invocations", part)
    if not isinstance(part, dict):
        return part
    if _of_gateway(part):
        function = _function(part["Properties"]["FunctionName"])
        return part | {"Properties": part["Properties"] | {"FunctionName": {"Ref": _alias(function)}}}
    return {name: through_aliases(value) for name, value in part.items()}


def _function(named: dict[str, Any]) -> str:
    """The logical name in ``{"Ref": X}`` or ``{"Fn::GetAtt": [X, "Arn"]}``."""
    [value] = named.values()
    return str(value if isinstance(value, str) else value[0])


def after_permissions(template: Template) -> Template:
    """``template`` (plain), in which no deployment of the API precedes the permission to call what it names."""
    every = template["Resources"].items()
    allowed = [name for name, each in every if _of_gateway(each)]
    for _, each in every:
        if each["Type"] == "AWS::ApiGateway::Deployment":
            each["DependsOn"] = sorted(allowed)
    return template


def _of_gateway(part: Template) -> bool:
    """Whether ``part`` is a permission of API Gateway."""
    is_permission = part.get("Type") == "AWS::Lambda::Permission"
    return is_permission and part["Properties"]["Principal"] == "apigateway.amazonaws.com"
