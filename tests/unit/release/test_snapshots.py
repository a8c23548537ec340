"""A snapshot that CloudFormation keeps has another name whenever what it keeps is another."""

import json
from typing import Any

from infra.release.deploy.snapshots import named

TEMPLATE = {
    "Resources": {
        "ApiDeploymentab12": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}},
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "DependsOn": "ApiDeploymentab12",
            "Properties": {"DeploymentId": {"Ref": "ApiDeploymentab12"}, "Note": {"Fn::Sub": "${ApiDeploymentab12}"}},
        },
        "ApiDeploymentab12Logs": {"Type": "AWS::Logs::LogGroup"},
    }
}


def deployed(**parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(named(json.dumps(TEMPLATE), parameters))["Resources"]
    return found


def deployment(resources: dict[str, Any]) -> str:
    [name] = [name for name, each in resources.items() if each["Type"] == "AWS::ApiGateway::Deployment"]
    return name


def test_other_parameters_make_another_deployment_and_the_same_ones_none() -> None:
    assert deployment(deployed(CorsOrigins="")) == deployment(deployed(CorsOrigins=""))
    assert deployment(deployed(CorsOrigins="")) != deployment(deployed(CorsOrigins="https://a.example"))


def test_whatever_names_a_snapshot_follows_it() -> None:
    found = deployed(CorsOrigins="*")
    name = deployment(found)
    assert found["Stage"]["DependsOn"] == name
    assert found["Stage"]["Properties"] == {"DeploymentId": {"Ref": name}, "Note": {"Fn::Sub": f"${{{name}}}"}}
    assert "ApiDeploymentab12Logs" in found
