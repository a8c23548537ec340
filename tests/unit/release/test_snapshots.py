"""A snapshot that CloudFormation keeps has another name whenever what it keeps is another."""

import json
from typing import Any

import pytest

from infra.release.deploy.snapshots import named

TEMPLATE = {
    "Parameters": {"CorsOrigins": {"Default": ""}, "LogDays": {}},
    "Conditions": {"HasCorsOrigins": {"Fn::Not": [{"Fn::Equals": [{"Ref": "CorsOrigins"}, ""]}]}},
    "Resources": {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": {"Fn::If": ["HasCorsOrigins", "*", ""]}}},
        "ApiDeploymentab12": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}},
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "DependsOn": "ApiDeploymentab12",
            "Properties": {"DeploymentId": {"Ref": "ApiDeploymentab12"}, "Note": {"Fn::Sub": "${ApiDeploymentab12}"}},
        },
        "ApiDeploymentab12Logs": {"Type": "AWS::Logs::LogGroup"},
    },
}


def deployed(**parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(named(json.dumps(TEMPLATE), parameters))["Resources"]
    return found


def deployment(resources: dict[str, Any]) -> str:
    [name] = [name for name, each in resources.items() if each["Type"] == "AWS::ApiGateway::Deployment"]
    return name


def test_another_deployment_is_made_when_the_definition_is_another() -> None:
    assert deployment(deployed(CorsOrigins="")) == deployment(deployed(LogDays="7"))
    assert deployment(deployed(CorsOrigins="")) != deployment(deployed(CorsOrigins="https://a.example"))


def test_whatever_names_a_snapshot_follows_it() -> None:
    found = deployed(CorsOrigins="*")
    name = deployment(found)
    assert found["Stage"]["DependsOn"] == name
    assert found["Stage"]["Properties"] == {"DeploymentId": {"Ref": name}, "Note": {"Fn::Sub": f"${{{name}}}"}}
    assert "ApiDeploymentab12Logs" in found


def published(**parameters: str) -> tuple[str, dict[str, Any]]:
    """The name of a function's version, and the function, in a template with a condition."""
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"S3Key": {"Ref": "CodeKey"}},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "TracingConfig": {"Mode": {"Fn::If": ["Traced", "Active", "PassThrough"]}},
            "Environment": {"Variables": {"BUCKET": {"Fn::ImportValue": {"Fn::Sub": "${DataStack}-Bucket"}}}},
        },
    }
    template = {
        "Parameters": {name: {} for name in ("CodeKey", "DataStack", "Tracing", "LogDays")},
        "Conditions": {
            "InChina": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]},
            "Traced": {
                "Fn::And": [{"Fn::Equals": [{"Ref": "Tracing"}, "on"]}, {"Fn::Not": [{"Condition": "InChina"}]}]
            },
        },
        "Resources": {
            "F": function,
            "FVersion": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
            "FLive": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {"FunctionVersion": {"Fn::GetAtt": ["FVersion", "Version"]}},
            },
        },
    }
    resources = json.loads(named(json.dumps(template), parameters))["Resources"]
    [name] = [name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Version"]
    assert resources["FLive"]["Properties"]["FunctionVersion"]["Fn::GetAtt"][0] == name
    return name, resources["F"]["Properties"]


@pytest.mark.parametrize("changed", ["CodeKey", "DataStack", "Tracing"])
def test_a_version_is_published_when_its_function_is_another(changed: str) -> None:
    before, after = published(), published(**{changed: "other"})
    assert before[0] != after[0]
    assert before[1]["Description"] != after[1]["Description"]  # so that Lambda too sees that it is another


def test_a_parameter_that_changes_nothing_of_a_function_publishes_nothing() -> None:
    assert published(LogDays="30") == published(LogDays="14")
