"""The template that is deployed: complete for every trigger of app.py, the same in every partition."""

import json
import re
from functools import lru_cache
from typing import Any

import pytest

import app
from chalicelib import errors
from chalicelib.edge.problem import CONTENT_TYPE
from infra.dev.local import schedules
from infra.here import ROOT
from infra.release import cfn
from infra.release.cloud import merge, pages, refusals, sam, triggers
from infra.release.cloud.functions import Template, functions
from infra.release.deploy.snapshots import named
from infra.release.runtime import RUNTIME
from tests.house.grants import TRIGGERS
from tests.house.resolved import Resolver

CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())
NAMES = ["api_handler", *(each.name for each in app.app.builtin_auth_handlers), *TRIGGERS]


@lru_cache(maxsize=1)
def chalice() -> Template:
    return sam.template("dev", "arm64")


@lru_cache(maxsize=1)
def merged() -> Template:
    return merge.merged(chalice())


@lru_cache(maxsize=1)
def plain() -> Template:
    return merge.translated(json.loads(json.dumps(merged())))


def resources(kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in plain()["Resources"].items() if each["Type"] == kind}


@pytest.mark.parametrize("name", NAMES)
def test_every_function_has_a_policy_of_its_own(name: str) -> None:
    """One that lacks it here needs a line in .chalice/config.json and a file in .chalice/policies."""
    assert CONFIG["lambda_functions"][name]["iam_policy_file"] == f"policies/{name}.json"
    assert (ROOT / ".chalice" / "policies" / f"{name}.json").is_file()


@pytest.mark.parametrize("name", TRIGGERS)
def test_every_trigger_has_what_it_needs_beside_it(name: str) -> None:
    [function] = [each for each in functions(chalice()) if each.name == name]
    alarms = {each["AlarmName"]["Fn::Sub"].removeprefix("carbon-points-${Stage}-") for each in _alarms().values()}
    slug = name.replace("_", "-")
    assert {f"{slug}-errors", f"{slug}-throttles"} <= alarms, f"{name} has no alarms"
    for event in function.of_kind("SQS").values():
        queue = str(event["Properties"]["Queue"]).rpartition(":")[2]
        assert {f"{queue}-age", f"{queue}-dead"} <= alarms, f"the queue {queue} has no alarms"
    if function.of_kind("DynamoDB"):
        assert f"{slug}-lag" in alarms, f"no alarm when {name} falls behind"


def test_every_alarm_has_its_section_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    headings = {each["AlarmDescription"].rpartition("docs/operations.md#")[2] for each in _alarms().values()}
    alarms = page.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    assert headings == set(re.findall(r"^### (.+)$", alarms, re.MULTILINE))


def _alarms() -> dict[str, Any]:
    return {name: each for name, each in resources("AWS::CloudWatch::Alarm").items() if "Fn::Sub" in each["AlarmName"]}


def test_the_local_machine_fires_each_rate_that_is_deployed() -> None:
    deployed = [
        each["ScheduleExpression"] for each in resources("AWS::Events::Rule").values() if "EventPattern" not in each
    ]
    seconds = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600}
    rates = [each[5:-1].split() for each in deployed if each.startswith("rate(")]
    assert len(rates) == 3
    assert sorted(schedules.rates(app.app).values()) == sorted(int(count) * seconds[unit] for count, unit in rates)


def test_every_function_is_deployed_once_and_by_its_own_role() -> None:
    deployed = resources("AWS::Lambda::Function")
    assert sorted(each["Handler"] for each in deployed.values()) == sorted(
        "app.app" if name == "api_handler" else f"app.{name}" for name in NAMES
    )
    roles = [each["Role"]["Fn::GetAtt"][0] for each in deployed.values()]
    assert len(set(roles)) == len(roles)
    for function in deployed.values():
        assert function["Code"] == {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}}
        assert "LogGroup" in function["LoggingConfig"]
        assert function["Runtime"] == RUNTIME
        assert function["Architectures"] == ["arm64"]


CALLED = {"APIHandler": "api-handler", "Authenticate": "authenticate"}


def test_the_gateway_calls_what_callers_wait_for_by_its_alias() -> None:
    [api] = resources("AWS::ApiGateway::RestApi").values()
    called = set(re.findall(r"functions/(\S+?)/invocations", json.dumps(api["Body"])))
    assert called == {f"${{{name}Live}}" for name in CALLED}
    aliases, versions = resources("AWS::Lambda::Alias"), resources("AWS::Lambda::Version")
    for name in CALLED:
        assert aliases[f"{name}Live"]["FunctionVersion"] == {"Fn::GetAtt": [f"{name}Version", "Version"]}
        assert versions[f"{name}Version"] == {"FunctionName": {"Ref": name}}


def test_the_gateway_may_call_an_alias_before_a_deployment_names_it() -> None:
    permissions = resources("AWS::Lambda::Permission")
    of_gateway = {name: each for name, each in permissions.items() if each["Principal"] == "apigateway.amazonaws.com"}
    assert {each["FunctionName"]["Ref"] for each in of_gateway.values()} == {f"{name}Live" for name in CALLED}
    [deployment] = [each for each in plain()["Resources"].values() if each["Type"] == "AWS::ApiGateway::Deployment"]
    assert set(deployment["DependsOn"]) == of_gateway.keys()


def test_events_wake_the_newest_code_at_once() -> None:
    """Nobody waits for them, and what fails is tried again: see ADR 17."""
    for kind in ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"):
        woken = {each["FunctionName"]["Ref"] for each in resources(kind).values()}
        assert woken <= resources("AWS::Lambda::Function").keys() - CALLED.keys()


@pytest.mark.parametrize("name", CALLED)
def test_alarms_send_a_new_version_back(name: str) -> None:
    alias = plain()["Resources"][f"{name}Live"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["Fn::If"]
    assert alias[:2] == [
        "Canary",
        {"ApplicationName": {"Ref": "Rollouts"}, "DeploymentGroupName": {"Ref": f"{name}Rollout"}},
    ]
    group = resources("AWS::CodeDeploy::DeploymentGroup")[f"{name}Rollout"]
    assert group["DeploymentConfigName"] == {"Fn::Sub": "CodeDeployDefault.Lambda${Rollout}"}
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    watching = [_alarms()[each["Name"]["Ref"]] for each in group["AlarmConfiguration"]["Alarms"]]
    metrics = {each["MetricName"] for each in watching}
    assert metrics >= (
        {"Errors", "Throttles", "5XXError"} if name == "APIHandler" else {"Throttles", "AuthorizerFailures"}
    )
    for alarm in watching:  # an alias or a version among the dimensions would miss the other one's faults
        assert {each["Name"] for each in alarm["Dimensions"]} <= {"FunctionName", "ApiName", "stage"}
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 1)  # no longer than a tenth of the calls is tried


def test_a_correction_can_be_deployed_while_an_alarm_is_active() -> None:
    at_once = Resolver(plain(), {"Rollout": "AllAtOnce", "RestoredStream": "", "Tracing": "off"}).resources()
    assert not [name for name, each in at_once.items() if each["Type"].startswith("AWS::CodeDeploy::")]
    assert at_once["APIHandlerLive"]["UpdatePolicy"] == {}


def test_the_runtime_does_not_depend_on_the_python_that_made_the_template() -> None:
    elsewhere: Template = json.loads(json.dumps(chalice()).replace(RUNTIME, "python3.99"))
    assert "python3.99" in json.dumps(elsewhere)
    assert "python3.99" not in json.dumps(merge.merged(elsewhere))


def test_a_message_stays_invisible_for_six_times_its_handlers_time_out() -> None:
    mapped = resources("AWS::Lambda::EventSourceMapping").values()
    of_queues = [each for each in mapped if "DestinationConfig" not in each]
    assert of_queues
    for mapping in of_queues:
        queue = resources("AWS::SQS::Queue")[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        function = resources("AWS::Lambda::Function")[mapping["FunctionName"]["Ref"]]
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
        assert queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] in resources("AWS::SQS::Queue")
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2


def _consumers() -> dict[str, Any]:
    """The mappings of the stream, by the function that they feed."""
    handlers = {name: each["Handler"] for name, each in resources("AWS::Lambda::Function").items()}
    mapped = resources("AWS::Lambda::EventSourceMapping").values()
    return {
        handlers[each["FunctionName"]["Ref"]].removeprefix("app."): each for each in mapped if "FilterCriteria" in each
    }


@pytest.mark.parametrize("name", triggers.CONSUMERS)
def test_a_batch_of_the_stream_is_halved_retried_and_at_last_put_aside(name: str) -> None:
    mapping = _consumers()[name]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ParallelizationFactor"] == 1
    assert mapping["MaximumRetryAttempts"] == triggers.CONSUMERS[name].tries > 0
    assert 0 < mapping["MaximumRecordAgeInSeconds"] < 86_400  # the stream keeps a day
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["FailedQueue", "Arn"]}


def test_sums_wait_two_seconds_for_company_and_reactions_for_nothing() -> None:
    """So much later a statement shows a movement; people wait for what follows from it, such as a signature."""
    fed = {
        name: (each["BatchSize"], each.get("MaximumBatchingWindowInSeconds", 0)) for name, each in _consumers().items()
    }
    assert fed == {"project": (500, 2), "react": (100, 0)}


def test_the_two_consumers_of_the_stream_are_fed_apart_from_each_other() -> None:
    """DynamoDB allows two readers a shard. Projection hears of movements, reactions of what is published as well."""
    assert _consumers().keys() == {"project", "react"}
    inserted = {"eventName": ["INSERT"]}
    moved = inserted | {"dynamodb": {"NewImage": {"sk": {"S": ["record"]}, "movement": {"S": [{"exists": True}]}}}}
    published = inserted | {
        "dynamodb": {"NewImage": {"sk": {"S": ["record"]}, "publish": {"BOOL": [{"exists": True}]}}}
    }
    sought = {
        name: [json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"]]
        for name, mapping in _consumers().items()
    }
    assert sought == {"project": [moved], "react": [moved, published]}


def test_events_that_lambda_gives_up_on_are_kept() -> None:
    kept = resources("AWS::Lambda::EventInvokeConfig").values()
    woken = [
        name for name in TRIGGERS if type(TRIGGERS[name]).__name__ in {"ScheduledEventConfig", "CloudWatchEventConfig"}
    ]
    assert len(kept) == len(woken)
    for each in kept:
        assert each["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["FailedQueue", "Arn"]}


def test_what_the_gateway_refuses_is_a_problem_like_every_other() -> None:
    [api] = resources("AWS::ApiGateway::RestApi").values()
    answers = api["Body"]["x-amazon-apigateway-gateway-responses"]
    assert answers.keys() >= {"DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "ACCESS_DENIED", "THROTTLED"}
    for kind, answer in answers.items():
        body = json.loads(answer["responseTemplates"]["application/json"])
        assert body["status"] == int(answer["statusCode"]) == refusals.REFUSALS[kind].status
        assert answer["responseParameters"]["gatewayresponse.header.Content-Type"] == f"'{CONTENT_TYPE}'"
        assert body["code"] in errors.Refusal.registry
    missing = answers["MISSING_AUTHENTICATION_TOKEN"]
    assert missing["statusCode"] == "404"
    assert answers["UNAUTHORIZED"]["responseParameters"]["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"


def test_a_browser_may_ask_of_every_path_without_a_token() -> None:
    [api] = resources("AWS::ApiGateway::RestApi").values()
    for path, methods in api["Body"]["paths"].items():
        if path in pages.paths():
            continue  # a page of another origin has no use for ours
        assert "security" not in methods["options"], path
        assert methods["options"]["x-amazon-apigateway-integration"]["type"] == "aws_proxy"


def test_pages_are_others_as_soon_as_the_deployment_brings_others() -> None:
    """The API's deployment is a snapshot of its definition, and is renewed by what the definition names."""
    deployed = {
        key: named(json.dumps(plain()), {"PagesKey": key, "DataStack": "d", "Stage": "dev"}) for key in ("a", "b")
    }
    names = [set(json.loads(each)["Resources"]) for each in deployed.values()]
    assert {re.sub("Deployment.*", "Deployment", name) for name in names[0] ^ names[1]} == {"RestAPIDeployment"}


@pytest.mark.parametrize(("origins", "shared"), [("", None), ("https://a.example,https://b.example", "'*'")])
def test_a_page_reads_the_gateways_refusals_where_some_origin_is_allowed(origins: str, shared: str | None) -> None:
    api = Resolver(plain(), {"CorsOrigins": origins, "RestoredStream": "", "Tracing": "off"}).resources()["RestAPI"]
    for kind, answer in api["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"].items():
        allowed = answer["responseParameters"].get("gatewayresponse.header.Access-Control-Allow-Origin")
        assert allowed == shared, kind


@pytest.mark.parametrize("origins", ["", "*", "https://a.example", "https://a.example,http://127.0.0.1:5173"])
def test_the_bucket_takes_forms_from_the_origins_that_the_api_allows(origins: str) -> None:
    data = cfn.load(ROOT / "infra" / "data.yaml")
    app_yaml = cfn.load(ROOT / "infra" / "app.yaml")
    pattern = data["Parameters"]["CorsOrigins"]["AllowedPattern"]
    assert pattern == app_yaml["Parameters"]["CorsOrigins"]["AllowedPattern"]
    assert re.fullmatch(pattern, origins)
    bucket = Resolver(data, {"CorsOrigins": origins}).resources()["Documents"]["Properties"]
    assert ("CorsConfiguration" in bucket) == bool(origins)
    if origins:
        [rule] = bucket["CorsConfiguration"]["CorsRules"]
        assert rule["AllowedOrigins"] == {"Fn::Split": [",", origins]}
        assert (rule["AllowedMethods"], rule["ExposedHeaders"]) == (["GET", "HEAD", "POST", "PUT"], ["ETag"])


@pytest.mark.parametrize("origins", ["a.example", "https://a.example/", "https://a.example, https://b.example", "*,*"])
def test_what_is_no_origin_is_refused_before_it_is_deployed(origins: str) -> None:
    pattern = cfn.load(ROOT / "infra" / "app.yaml")["Parameters"]["CorsOrigins"]["AllowedPattern"]
    assert not re.fullmatch(pattern, origins)


def test_the_access_log_is_json_and_names_nobody() -> None:
    [stage] = resources("AWS::ApiGateway::Stage").values()
    line = stage["AccessLogSetting"]["Format"].replace("$context.", "")
    assert "authorizer.principalId" not in line
    assert "path" not in line.replace("resourcePath", "")  # a path may hold ids of accounts
    quoted = [part for part in line.replace('"', "").strip("{}").split(",") if part]
    assert all(":" in part for part in quoted)


def test_the_template_is_the_same_in_every_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(plain(), sort_keys=True)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    assert json.dumps(merge.translated(json.loads(json.dumps(merged()))), sort_keys=True) == text
    assert "arn:aws:" not in text
    assert "amazonaws.com/" not in text.replace("${AWS::URLSuffix}", "")
    assert "Cognito" not in text
    data = json.dumps(cfn.load(ROOT / "infra" / "data.yaml"))
    assert "arn:aws:" not in data


def test_nothing_of_this_machine_is_in_the_template() -> None:
    text = json.dumps(plain())
    for word in ("placeholder", "000000000000", str(ROOT), "localhost", "127.0.0.1"):
        assert word not in text


def test_what_is_kept_for_ever_cannot_be_lost_with_a_stack() -> None:
    data = cfn.load(ROOT / "infra" / "data.yaml")["Resources"]
    kept = (
        "RetainExceptOnCreate",
        "Retain",
    )  # what a first try has made that failed would only be in the next one's way
    for name, resource in data.items():
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == kept, name
    assert not {each["Type"] for each in data.values()} & {each["Type"] for each in plain()["Resources"].values()} - {
        "AWS::IAM::Role"
    }


def test_a_trigger_that_nobody_has_thought_of_is_told_by_name() -> None:
    strange: Template = json.loads(json.dumps(chalice()))
    strange["Resources"]["Sweep"]["Properties"]["Events"] = {"X": {"Type": "Kinesis", "Properties": {}}}
    with pytest.raises(ValueError, match=r"sweep is woken by Kinesis: say in infra/release/cloud/triggers\.py"):
        merge.merged(strange)
    strange["Resources"]["Sweep"]["Properties"]["Events"] = {"X": {"Type": "DynamoDB", "Properties": {}}}
    with pytest.raises(ValueError, match=r"sweep reads the stream: say in infra/release/cloud/triggers\.py what of it"):
        merge.merged(strange)
    strange["Resources"]["Sweep"]["Properties"]["Events"] = {"X": {"Type": "SQS", "Properties": {"Queue": "arn:x:new"}}}
    with pytest.raises(ValueError, match="The queue new has no setting"):
        merge.merged(strange)


def test_the_books_have_room_for_a_file_of_the_export() -> None:
    [count_books] = [
        each for each in resources("AWS::Lambda::Function").values() if each["Handler"] == "app.count_books"
    ]
    assert count_books["EphemeralStorage"] == {"Size": 10_240}


def test_what_is_in_the_bucket_is_encrypted_by_kms_as_the_table_is() -> None:
    data = cfn.load(ROOT / "infra" / "data.yaml")["Resources"]
    assert data["Table"]["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    encryption = data["Documents"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]
