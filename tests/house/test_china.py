"""A stage in ``aws-cn`` uses nothing that China's regions lack. docs/operations.md lists what, with AWS's pages."""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest

from infra.here import ROOT
from infra.release import cfn
from tests.house.resolved import CHINA, Resolver
from tests.house.test_template import plain

Resource = dict[str, Any]
STAGES = sorted((ROOT / "infra" / "stages").glob("*.json"))
WITH_FAILURES = {"AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping"}
ASYNCHRONOUS = {"AsyncEventsReceived", "AsyncEventAge", "AsyncEventsDropped"}


def of(kind: str, *properties: str) -> Callable[[Resource], bool]:
    """Whether a resource of ``kind`` has one of ``properties``."""
    return lambda it: it["Type"] == kind and not it["Properties"].keys().isdisjoint(properties)


def traces(it: Resource) -> bool:
    properties = it["Properties"]
    function = it["Type"] == "AWS::Lambda::Function" and properties.get("TracingConfig", {}).get("Mode") == "Active"
    return function or it["Type"].startswith("AWS::XRay::") or properties.get("TracingEnabled") is True


def fails_into_bucket(it: Resource) -> bool:
    """A bucket of ours by its name in the template, or any by its ARN."""
    if it["Type"] not in WITH_FAILURES:
        return False
    kept = it["Properties"].get("DestinationConfig", {}).get("OnFailure", {})
    target = kept.get("Destination", "")
    named = target.get("Fn::GetAtt", [""])[0] if isinstance(target, dict) else ""
    return ":s3:" in json.dumps(target) or bucket(named)


def bucket(name: str) -> bool:
    every = china(STAGES[0].stem)
    return name in every and every[name]["Type"] == "AWS::S3::Bucket"


def at_the_edge(it: Resource) -> bool:
    """Also by silence: API Gateway's own default is EDGE."""
    if it["Type"] not in {"AWS::ApiGateway::RestApi", "AWS::ApiGateway::DomainName"}:
        return False
    return it["Properties"].get("EndpointConfiguration", {}).get("Types") not in (["REGIONAL"], ["PRIVATE"])


def asks_cognito(it: Resource) -> bool:
    return any(word in json.dumps(it).lower() for word in ("aws::cognito", "cognito-idp", "cognito_user_pools"))


# What is lacking, under its name in docs/operations.md; how a resource would use it; one that does.
FUNCTION, MAPPING = "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping"
LACKING: dict[str, tuple[Callable[[Resource], bool], Resource]] = {
    "SnapStart for Python": (of(FUNCTION, "SnapStart"), {"Type": FUNCTION, "Properties": {"SnapStart": {}}}),
    "X-Ray for Lambda": (traces, {"Type": FUNCTION, "Properties": {"TracingConfig": {"Mode": "Active"}}}),
    "Function URLs": (lambda it: it["Type"] == "AWS::Lambda::Url", {"Type": "AWS::Lambda::Url", "Properties": {}}),
    "Provisioned pollers": (
        of(MAPPING, "ProvisionedPollerConfig"),
        {"Type": MAPPING, "Properties": {"ProvisionedPollerConfig": {"MinimumPollers": 2}}},
    ),
    "Metrics and tags of event source mappings": (
        of(MAPPING, "MetricsConfig", "Tags"),
        {"Type": MAPPING, "Properties": {"MetricsConfig": {"Metrics": ["EventCount"]}}},
    ),
    "S3 as an on-failure destination": (
        fails_into_bucket,
        {
            "Type": MAPPING,
            "Properties": {"DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Documents", "Arn"]}}}},
        },
    ),
    "Metrics of asynchronous invocation": (
        lambda it: it["Properties"].get("MetricName") in ASYNCHRONOUS,
        {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "AsyncEventAge"}},
    ),
    "Detection of recursive loops": (
        of(FUNCTION, "RecursiveLoop"),
        {"Type": FUNCTION, "Properties": {"RecursiveLoop": "Terminate"}},
    ),
    "Zips encrypted with a customer-managed key": (
        lambda it: it["Type"] == FUNCTION and "SourceKMSKeyArn" in it["Properties"].get("Code", {}),
        {"Type": FUNCTION, "Properties": {"Code": {"SourceKMSKeyArn": "arn:x"}}},
    ),
    "Cognito user pools": (asks_cognito, {"Type": "AWS::Cognito::UserPool", "Properties": {}}),
    "Edge-optimized endpoints": (at_the_edge, {"Type": "AWS::ApiGateway::RestApi", "Properties": {}}),
}


@lru_cache
def china(stage: str) -> dict[str, Resource]:
    """Every resource of both stacks of ``stage`` in Beijing."""
    parameters = json.loads((ROOT / "infra" / "stages" / f"{stage}.json").read_text()) | CHINA | {"Stage": stage}
    templates = (cfn.load(ROOT / "infra" / "data.yaml"), plain())
    return {name: each for template in templates for name, each in Resolver(template, parameters).resources().items()}


@pytest.mark.parametrize("stage", [each.stem for each in STAGES])
def test_a_stage_in_china_uses_nothing_that_china_lacks(stage: str) -> None:
    every = china(stage)
    assert {FUNCTION, MAPPING, "AWS::ApiGateway::RestApi", "AWS::S3::Bucket"} <= {
        each["Type"] for each in every.values()
    }
    used = {(lacking, name) for lacking, (uses, _) in LACKING.items() for name, each in every.items() if uses(each)}
    assert used == set()


@pytest.mark.parametrize("lacking", LACKING)
def test_a_resource_that_uses_what_china_lacks_is_found(lacking: str) -> None:
    uses, sinner = LACKING[lacking]
    assert uses(sinner)


def test_tracing_is_on_elsewhere_where_a_stage_asks_for_it() -> None:
    elsewhere = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "Tracing": "on"}
    every = Resolver(plain(), elsewhere).resources().values()
    functions = [each for each in every if each["Type"] == FUNCTION]
    assert functions
    assert all(traces(each) for each in functions)
    assert not any(traces(each) for each in Resolver(plain(), elsewhere | {"Tracing": "off"}).resources().values())


def test_the_operations_page_lists_what_china_lacks() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    section = page.partition("\n## In China\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) \|.*\[[^]]+\]\(https://docs\.amazonaws\.cn/[^)]+\)", section, re.MULTILINE)
    assert sorted(rows) == sorted(LACKING)
