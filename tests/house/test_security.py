"""What every deployed resource must be and must not be. A new kind of resource fails until it has rules."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.here import ROOT
from infra.release import cfn
from infra.release.cloud import pages
from tests.endpoints import ROUTES
from tests.house.test_template import plain

Properties = dict[str, Any]
# Actions of which IAM knows no resource.
WITHOUT_RESOURCE = {"dynamodb:ListStreams", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
ROLLOUT = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"}
GATEWAY_LOGS = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(document: Any) -> list[Properties]:
    """Those that allow something; a part that only some stages have counts."""
    every = [each["Fn::If"][1] if "Fn::If" in each else each for each in (document or {}).get("Statement", [])]
    return [each for each in every if each["Effect"] == "Allow"]


def granted(role: Properties) -> list[Properties]:
    return [each for policy in role.get("Policies", []) for each in statements(policy["PolicyDocument"])]


def principals(document: Any) -> Iterator[Any]:
    for each in statements(document):
        named = each.get("Principal", "*")  # NotPrincipal is everybody else
        yield from (who for kind in named.values() for who in listed(kind)) if isinstance(named, dict) else [named]


def names_actions(role: Properties) -> bool:
    """No wildcard, nothing by exclusion."""
    actions = [action for each in granted(role) for action in listed(each.get("Action", "*"))]
    return not any("*" in action for action in actions)


def names_resources(role: Properties) -> bool:
    return all(
        "*" not in listed(each.get("Resource", "*")) or set(listed(each["Action"])) <= WITHOUT_RESOURCE
        for each in granted(role)
    )


def needs_tls(policy: Properties) -> bool:
    """Both the bucket and its objects."""
    [bucket] = policy["Bucket"].values()
    both = [{"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::${{{bucket}}}{end}"} for end in ("", "/*")]
    plain_http = {"Bool": {"aws:SecureTransport": False}}
    return any(
        (each["Effect"], each["Principal"], each["Action"], each["Resource"]) == ("Deny", "*", "s3:*", both)
        and each["Condition"] == plain_http
        for each in policy["PolicyDocument"]["Statement"]
    )


def of_services(document: Any) -> bool:
    return all(str(who).endswith(".amazonaws.com") for who in principals(document))


def everybodys(document: Any) -> bool:
    return any(who == "*" for who in principals(document))


RULES: dict[str, dict[str, Callable[[Properties], bool]]] = {
    "AWS::ApiGateway::RestApi": {"one region": lambda it: it.get("EndpointConfiguration") == {"Types": ["REGIONAL"]}},
    "AWS::ApiGateway::Stage": {
        "calls are logged": lambda it: "AccessLogSetting" in it,
        "bodies are not": lambda it: all(
            each.get("DataTraceEnabled") is False for each in it.get("MethodSettings", [{}])
        ),
        "throttled": lambda it: any("ThrottlingRateLimit" in each for each in it.get("MethodSettings", [])),
    },
    "AWS::CodeDeploy::DeploymentGroup": {
        "goes back on an alarm": lambda it: (
            it.get("AlarmConfiguration", {}).get("Enabled") is True and "AutoRollbackConfiguration" in it
        ),
    },
    "AWS::CloudWatch::Alarm": {"somebody hears it": lambda it: bool(it.get("AlarmActions"))},
    "AWS::DynamoDB::Table": {
        "any second of 35 days": lambda it: (
            it.get("PointInTimeRecoverySpecification")
            == {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35}
        ),
        "not deleted by mistake": lambda it: it.get("DeletionProtectionEnabled") is True,
        "encrypted by KMS": lambda it: it.get("SSESpecification") == {"SSEEnabled": True},
    },
    "AWS::IAM::Role": {
        "for a service": lambda it: of_services(it["AssumeRolePolicyDocument"]),
        "actions by name": names_actions,
        "resources by name": names_resources,
        "no policy of others": lambda it: it.get("ManagedPolicyArns", [ROLLOUT]) in ([GATEWAY_LOGS], [ROLLOUT]),
    },
    "AWS::KMS::Key": {"not everybody's": lambda it: not everybodys(it["KeyPolicy"])},
    "AWS::Lambda::Function": {"a log of its own": lambda it: "LogGroup" in it.get("LoggingConfig", {})},
    "AWS::Lambda::Permission": {
        "only to run it": lambda it: it["Action"] == "lambda:InvokeFunction",
        "for a service": lambda it: it["Principal"].endswith(".amazonaws.com"),
        "on behalf of one source": lambda it: it.get("SourceArn", "*") != "*",
    },
    "AWS::Logs::LogGroup": {"forgets": lambda it: "RetentionInDays" in it},
    "AWS::S3::Bucket": {
        "closed to the public": lambda it: list(it.get("PublicAccessBlockConfiguration", {}).values()) == [True] * 4,
        "no lists of access": lambda it: (
            it.get("OwnershipControls") == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        ),
        "encrypted": lambda it: "BucketEncryption" in it,
        "keeps versions": lambda it: it.get("VersioningConfiguration") == {"Status": "Enabled"},
    },
    "AWS::S3::BucketPolicy": {
        "only over TLS": needs_tls,
        "not everybody's": lambda it: not everybodys(it["PolicyDocument"]),
    },
    "AWS::SNS::Topic": {"no key that alarms cannot use": lambda it: "KmsMasterKeyId" not in it},
    "AWS::SQS::Queue": {"encrypted": lambda it: it.get("SqsManagedSseEnabled") is True},
}
# They hold nothing and permit nothing; what matters of them is in test_template.py.
WITHOUT_RULES = {
    *("AWS::ApiGateway::Account", "AWS::ApiGateway::Deployment", "AWS::CloudWatch::Dashboard", "AWS::Events::Rule"),
    *("AWS::CodeDeploy::Application", "AWS::Lambda::Alias", "AWS::Lambda::Version"),
    *("AWS::KMS::Alias", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping", "AWS::SNS::Subscription"),
    *("AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation"),
}
_OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
WORST: dict[str, Properties] = {
    "AWS::IAM::Role": {
        "AssumeRolePolicyDocument": _OPEN,
        "Policies": [{"PolicyDocument": _OPEN}],
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
    },
    "AWS::KMS::Key": {"KeyPolicy": _OPEN},
    "AWS::Lambda::Permission": {"Action": "lambda:*", "Principal": "*"},
    "AWS::S3::BucketPolicy": {"Bucket": {"Ref": "Documents"}, "PolicyDocument": _OPEN},
    "AWS::SNS::Topic": {"KmsMasterKeyId": "alias/aws/sns"},
}


def resources() -> dict[str, Properties]:
    """Of both stacks."""
    data: Properties = cfn.load(ROOT / "infra" / "data.yaml")["Resources"]
    code: Properties = plain()["Resources"]
    assert not data.keys() & code.keys()
    return data | code


def broken(kind: str, properties: Properties) -> set[str]:
    return {name for name, holds in RULES.get(kind, {}).items() if not holds(properties)}


def test_every_resource_keeps_the_rules_of_its_kind() -> None:
    found = {name: broken(each["Type"], each["Properties"]) for name, each in resources().items()}
    assert {name: rules for name, rules in found.items() if rules} == {}


def test_every_kind_of_resource_has_rules_or_needs_none() -> None:
    assert {each["Type"] for each in resources().values()} == RULES.keys() | WITHOUT_RULES


@pytest.mark.parametrize("kind", RULES)
def test_a_resource_that_keeps_no_rule_breaks_each(kind: str) -> None:
    assert broken(kind, WORST.get(kind, {})) == RULES[kind].keys()


@pytest.mark.parametrize("by_exclusion", ["NotAction", "NotResource"])
def test_a_policy_by_exclusion_is_as_bad_as_one_for_everything(by_exclusion: str) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:x", by_exclusion: "y"}
    del statement[by_exclusion.removeprefix("Not")]
    role = {"AssumeRolePolicyDocument": {}, "Policies": [{"PolicyDocument": {"Statement": [statement]}}]}
    assert len(broken("AWS::IAM::Role", role)) == 1


def test_every_bucket_has_a_policy() -> None:
    every = resources()
    buckets = {name for name, each in every.items() if each["Type"] == "AWS::S3::Bucket"}
    policies = [each["Properties"] for each in every.values() if each["Type"] == "AWS::S3::BucketPolicy"]
    assert sorted(each["Bucket"]["Ref"] for each in policies) == sorted(buckets)


def test_the_gateway_asks_the_authorizer_for_every_route_that_is_not_everybodys() -> None:
    [api] = [each["Properties"] for each in resources().values() if each["Type"] == "AWS::ApiGateway::RestApi"]
    verbs = {"head": "GET"}  # a HEAD is judged as the GET that it stands beside
    asks = {
        (f"{verbs.get(method, method.upper())} {path}", each.get("security") == [{"authenticate": []}])
        for path, methods in api["Body"]["paths"].items()
        for method, each in methods.items()
        if method != "options" and path not in pages.paths()
    }
    assert asks == {(name, bool(route.allow)) for name, route in ROUTES.items()}


def test_pages_are_read_by_a_role_that_reads_them_and_nothing_else() -> None:
    [api] = [each["Properties"] for each in resources().values() if each["Type"] == "AWS::ApiGateway::RestApi"]
    for path, methods in pages.paths().items():
        assert methods.keys() == {"get", "head"}
        assert api["Body"]["paths"][path] == methods
        for each in methods.values():
            assert each["x-amazon-apigateway-integration"]["credentials"] == {"Fn::GetAtt": ["PagesRole", "Arn"]}
    role = resources()["PagesRole"]["Properties"]
    [statement] = granted(role)
    bucket = {"Fn::ImportValue": {"Fn::Sub": "${DataStack}-PagesBucketArn"}}
    assert (statement["Action"], statement["Resource"]) == (
        "s3:GetObject",
        {"Fn::Sub": ["${Pages}/*", {"Pages": bucket}]},
    )
    assert set(principals(role["AssumeRolePolicyDocument"])) == {"apigateway.amazonaws.com"}


def test_no_secret_is_written_into_a_template() -> None:
    functions = [each for each in resources().values() if each["Type"] == "AWS::Lambda::Function"]
    names = {name for each in functions for name in each["Properties"]["Environment"]["Variables"]}
    assert names
    assert not {name for name in names if name.endswith(("_KEY", "_SECRET", "PASSWORD", "TOKEN"))}
    assert "-----BEGIN" not in json.dumps(resources())
