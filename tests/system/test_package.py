"""What ``make package`` builds: deployed to the emulator, and its handlers, from the zip alone, serve one journey."""

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import app
from chalicelib.batches.model import wake_key
from infra.dev.demo.files import document as file_of
from infra.ops import target
from infra.release import faces
from infra.release.cloud.triggers import CONSUMERS
from infra.release.deploy.stage import Stage
from infra.release.package import bundle, wheels
from infra.release.package.__main__ import package
from tests.batches import SCENARIO_OPERATOR, file, trip
from tests.system import cloud
from tests.system.zipped import Gateway, Handlers
from tests.world import AT, CODES, PEOPLE, World

QUEUED = {"pay_lots", "send_webhooks", "count_books", "process_lines"}
TONNE = 1_000_000
EXCHANGE = {"role": "exchange", "sub": "exchange"}
PARAMETERS = {
    "PublicUrl": "https://points.example.org",
    "OidcIssuer": "carbon-points-local",
    "OidcAudience": "carbon-points",
    "OidcJwksUrl": "https://points.example.org/jwks.json",
    "OidcClientId": "faces",
    "Rollout": "AllAtOnce",  # the emulator has no CodeDeploy
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """build/STAGE of ``make package``, for this machine's architecture."""
    folder = tmp_path_factory.mktemp("build")
    package("dev", wheels.native(), folder)
    return folder


@pytest.fixture(scope="module")
def session(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[cloud.Session]:
    """An account in which ``make deploy STAGE=dev`` has run."""
    with cloud.account(tmp_path_factory.mktemp("account")) as session:
        Stage("dev", session, agree=lambda: True).deploy(built, PARAMETERS)
        cloud.quiet(session)
        yield session


@pytest.fixture(scope="module")
def environment(session: cloud.Session, trust: Path) -> dict[str, str]:
    """What CloudFormation gave the routes' function; only the issuer's keys are a file here."""
    given: dict[str, str] = cloud.functions(session)["app"]["Environment"]["Variables"]
    ours = {"AWS_ENDPOINT_URL": session.url, "OIDC_JWKS_URL": (trust / "jwks.json").as_uri()}
    credentials = {name: os.environ[name] for name in os.environ if name.startswith("AWS_") and "ENDPOINT" not in name}
    return given | credentials | ours


@pytest.fixture(scope="module")
def handlers(built: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handlers]:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        archive.extractall(folder)
    with Handlers(folder, environment) as handlers:
        yield handlers


def stream(handlers: Handlers, session: cloud.Session, environment: dict[str, str]) -> None:
    """Deliver to each consumer what its filters let through, from the stream's beginning."""
    inserted = [each for each in cloud.changes(session, environment["STREAM_ARN"]) if each["eventName"] == "INSERT"]
    records = [each for each in inserted if each["dynamodb"]["NewImage"]["sk"]["S"] == "record"]
    for name, consumer in CONSUMERS.items():
        marks = {attribute for mark in consumer.marks for attribute in mark}
        wanted = [each for each in records if marks & each["dynamodb"]["NewImage"].keys()]
        assert wanted
        assert handlers.invoke(name, {"Records": wanted}) == {"batchItemFailures": []}


def drain(name: str, queue: str, handlers: Handlers, session: cloud.Session, environment: dict[str, str]) -> None:
    """The function ``name`` takes from its queue until nothing is left in it."""
    while found := cloud.messages(session, environment[f"{queue}_QUEUE_URL"], 10):
        records = [each | {"eventSourceARN": environment[f"{queue}_QUEUE_ARN"]} for each in found]
        assert handlers.invoke(name, {"Records": records}) == {"batchItemFailures": []}


def test_one_journey_from_account_to_buy_back(
    handlers: Handlers, session: cloud.Session, environment: dict[str, str]
) -> None:
    world = World(Gateway(app.app, handlers), list)  # type: ignore[arg-type]
    world.merchant()
    person = world.person()
    world.scenario("walk", grams_per_unit="1", unit="m")
    assert world.report(person, str(2 * TONNE), scenario="walk").status == 201
    assert world.points() == 2 * TONNE
    offer = world.offer(points=TONNE)
    ordered = world.redeem(offer, TONNE)
    assert ordered.status == 201
    assert world.points() == TONNE
    stream(handlers, session, environment)
    [line, _] = world.entries()
    assert line["points"] == -TONNE
    started = world.post("/v1/buy-back-runs", **EXCHANGE)
    assert started.status == 202
    stream(handlers, session, environment)
    drain("pay_lots", "BUY_BACK", handlers, session, environment)
    run = world.get(f"/v1/buy-back-runs/{started.body['id']}", **EXCHANGE).body
    assert (run["status"], run["merchants"]) == ("finished", 1)
    assert world.me("shop", "institution")["balances"] == {"points": 0, "grams": TONNE, "held_points": 0}
    stream(handlers, session, environment)
    assert world.get("/v1/supply").body["points_by_use"]["bought_back"] == TONNE


def send(handlers: Handlers, environment: dict[str, str], form: dict[str, Any], content: bytes) -> None:
    """Upload by the form, and report it as EventBridge does."""
    sent = httpx.post(form["url"], data=form["fields"], files={"file": ("f", content)}, timeout=30)
    assert sent.status_code in (200, 204), sent.text
    put(handlers, environment, form["fields"]["key"])


def put(handlers: Handlers, environment: dict[str, str], key: str) -> None:
    """What EventBridge does after an object was put."""
    bucket = {"name": environment["DOCUMENTS_BUCKET"]}
    event = {"source": "aws.s3", "detail-type": "Object Created", "time": AT, "resources": [], "id": "1"}
    event |= {"version": "0", "account": "1", "region": "us-east-1"}
    handlers.invoke("upload_arrived", event | {"detail": {"bucket": bucket, "object": {"key": key}}})


def test_a_file_of_trips_comes_by_the_form_and_its_refusals_go_by_the_link(
    handlers: Handlers, session: cloud.Session, environment: dict[str, str]
) -> None:
    world = World(Gateway(app.app, handlers), list)  # type: ignore[arg-type]
    bob = world.person("bob", PEOPLE[1])
    world.scenario()
    content = file(trip("a", bob), trip("b", "nobody"))
    announced = {"scenario": "metro", "lines": 2, "sha256": hashlib.sha256(content).hexdigest()}
    batch = world.post("/v1/reduction-batches", announced, **SCENARIO_OPERATOR)
    assert batch.status == 201, batch
    send(handlers, environment, batch.body["upload"], content)
    drain("process_lines", "BATCH", handlers, session, environment)
    put(handlers, environment, wake_key(batch.body["id"]))  # the worker of the last lane has put it
    done = world.get(f"/v1/reduction-batches/{batch.body['id']}", **SCENARIO_OPERATOR).body
    assert (done["status"], done["converted"], done["refused"]) == ("done", 1, 1)
    [refused] = httpx.get(done["refused_lines"]["url"], timeout=30).text.splitlines()
    assert json.loads(refused)["record_id"] == "b"


def test_documents_come_by_the_form_and_stay_where_they_were_submitted(
    handlers: Handlers, environment: dict[str, str]
) -> None:
    world = World(Gateway(app.app, handlers), list)  # type: ignore[arg-type]
    world.institution("applicant", CODES[1])
    who = {"role": "institution", "sub": "applicant"}
    body = {"mode": "other", "title": "入驻申请", "plan": {"description": "公益兑换点"}}
    application = world.post("/v1/applications", body, **who).body
    place = f"/v1/applications/{application['id']}"
    for kind in application["required_documents"]:
        content_type, content = file_of(kind, application["id"])
        announced = {"kind": kind, "file_name": "材料", "content_type": content_type, "bytes": len(content)}
        announced["sha256"] = hashlib.sha256(content).hexdigest()
        document = world.post(f"{place}/documents", announced, **who)
        assert document.status == 201, document
        send(handlers, environment, document.body["upload"], content)
    submitted = world.post(f"{place}/submit", **who)
    assert (submitted.status, submitted.body["status"]) == (200, "submitted")


def test_a_token_of_someone_else_is_refused(handlers: Handlers) -> None:
    event = {"type": "TOKEN", "authorizationToken": "Bearer x.y.z", "methodArn": "arn:aws:execute-api:r:a:b/api/GET/v1"}
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        handlers.invoke("authenticate", event)


def test_certificates_are_signed_by_the_key_of_the_data_stack(handlers: Handlers) -> None:
    world = World(Gateway(app.app, handlers), list)  # type: ignore[arg-type]
    [key] = world.get("/.well-known/jwks.json").body["keys"]
    assert (key["kty"], key["crv"]) == ("EC", "P-256")


@pytest.mark.parametrize("name", ["resume", "buy_back", "sweep", "retry_webhooks"])
def test_every_schedule_finds_what_it_needs(handlers: Handlers, name: str) -> None:
    event: dict[str, Any] = {
        "time": "2026-01-02T18:00:00Z",
        "detail": {},
        "detail-type": "Scheduled Event",
        "source": "aws.events",
    }
    event |= {"version": "0", "account": "0", "region": "us-east-1", "resources": [], "id": "x"}
    handlers.invoke(name, event)


def test_every_handler_of_the_template_is_in_the_zip(handlers: Handlers, session: cloud.Session) -> None:
    for name, function in cloud.functions(session).items():
        assert callable(getattr(app, name))
        assert function["Runtime"].startswith("python3.")
        assert function["Environment"]["Variables"].keys() >= {"TABLE_NAME", "SECRETS_ID", "SIGNING_KEYS"}


def test_the_pages_lie_where_the_api_reads_them(session: cloud.Session) -> None:
    s3 = session.client("s3")
    [bucket] = [each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("carbon-points-web-")]
    [api] = session.client("apigateway").get_rest_apis()["items"]
    resources = session.client("apigateway").get_resources(restApiId=api["id"], embed=["methods"], limit=500)["items"]
    [citizen] = [each for each in resources if each["path"] == "/citizen"]
    uri = citizen["resourceMethods"]["GET"]["methodIntegration"]["uri"]
    place, key = uri.partition(":s3:path/")[2].split("/", 1)
    assert place == bucket
    page = s3.get_object(Bucket=bucket, Key=key.replace("{file}", "index.html"))
    assert page["Body"].read() == (faces.DIST / "citizen" / "index.html").read_bytes()
    beside = faces.Beside(files=f"https://{environment_bucket(session)}.s3.us-east-1.amazonaws.com")
    sent = page["Metadata"] | {"content-type": page["ContentType"], "cache-control": page["CacheControl"]}
    assert sent == {name.lower(): value for name, value in faces.headers("citizen/index.html", beside).items()}


def environment_bucket(session: cloud.Session) -> str:
    return str(cloud.functions(session)["app"]["Environment"]["Variables"]["DOCUMENTS_BUCKET"])


def test_a_second_deployment_changes_nothing(
    session: cloud.Session, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Stage("dev", session, agree=lambda: False).deploy(built, PARAMETERS)
    printed = capsys.readouterr().out
    assert printed.count("nothing to change") == 2
    assert "there already, unchanged" in printed


def test_a_change_is_not_made_unless_someone_agrees(session: cloud.Session, built: Path) -> None:
    with pytest.raises(SystemExit, match="Nothing was changed"):
        Stage("dev", session, agree=lambda: False).deploy(built, PARAMETERS | {"RequestsPerSecond": "7"})


def test_a_changed_key_reaches_every_function_by_the_next_deployment(session: cloud.Session, built: Path) -> None:
    def renewed() -> set[str]:
        every = cloud.functions(session)
        configured = [
            *every.values(),
            *(_live(session, every[name]["FunctionName"]) for name in ("app", "authenticate")),
        ]
        return {each["Environment"]["Variables"]["SECRETS_VERSION"] for each in configured}

    stage, before = Stage("dev", session, agree=lambda: True), renewed()
    assert "cursor_key is new" in stage.rotate("cursor_key")
    stage.deploy(built, PARAMETERS)
    assert len(renewed()) == 1
    assert renewed() != before
    with pytest.raises(SystemExit, match="identity_key, draw_key, account_key never change"):
        stage.rotate("identity_key")


def _live(session: cloud.Session, function: str) -> Any:
    """The published version that the gateway calls."""
    found = session.client("lambda").get_function_configuration(FunctionName=function, Qualifier="live")
    assert found["Version"].isdigit()
    return found


def test_webhooks_are_signed_by_the_old_key_too_until_it_is_taken_away(session: cloud.Session) -> None:
    def key() -> bytes:
        found = session.client("secretsmanager").get_secret_value(SecretId="carbon-points/dev")
        return base64.b64decode(json.loads(found["SecretString"])["webhook_key"])

    stage, old = Stage("dev", session), key()
    stage.rotate("webhook_key")
    assert (key()[:32], len(key())) == (old, 64)
    new = key()[32:]
    stage.rotate("webhook_key")
    assert key() == new


def test_a_lost_secret_is_not_made_anew_over_data(session: cloud.Session, built: Path) -> None:
    client = session.client("secretsmanager")
    kept = client.get_secret_value(SecretId="carbon-points/dev")["SecretString"]
    client.delete_secret(SecretId="carbon-points/dev", ForceDeleteWithoutRecovery=True)
    with pytest.raises(SystemExit, match="put the secret back from its backup"):
        Stage("dev", session, agree=lambda: True).deploy(built, PARAMETERS)
    client.create_secret(Name="carbon-points/dev", SecretString=kept)


def test_a_command_finds_the_settings_of_the_deployed_consumer(
    session: cloud.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {})
    target.take_settings("dev", session)
    assert os.environ == cloud.functions(session)["project"]["Environment"]["Variables"]
    assert (os.environ["STAGE"], os.environ["TABLE_NAME"]) == ("dev", "carbon-points-dev")


def test_a_pause_stops_all_but_the_consumers_of_the_stream(session: cloud.Session) -> None:
    stage, client = Stage("dev", session), session.client("lambda")
    functions = {handler: each["FunctionName"] for handler, each in cloud.functions(session).items()}

    def stopped() -> set[str]:
        limits = {name: client.get_function_concurrency(FunctionName=each) for name, each in functions.items()}
        return {name for name, limit in limits.items() if limit.get("ReservedConcurrentExecutions") == 0}

    def fed() -> set[str]:
        mappings = client.list_event_source_mappings()["EventSourceMappings"]
        on = {each["FunctionArn"].rpartition(":")[2] for each in mappings if each["State"] in ("Enabled", "Enabling")}
        return {name for name, each in functions.items() if each in on}

    for name in CONSUMERS:
        client.update_event_source_mapping(UUID=_mapping(client, functions[name]), Enabled=True)
    stage.pause()
    assert stopped() == functions.keys() - {*CONSUMERS, *QUEUED}
    assert fed() == set(CONSUMERS)
    stage.unpause()
    assert stopped() == set()
    assert fed() == {*CONSUMERS, *QUEUED}
    cloud.quiet(session)


def _mapping(client: Any, function: str) -> str:
    [found] = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    return str(found["UUID"])


def test_a_restored_table_takes_the_place_of_the_old_one(session: cloud.Session, built: Path) -> None:
    client: Any = session.client("dynamodb")
    old = client.describe_table(TableName="carbon-points-dev")["Table"]
    same = {name: old[name] for name in ("AttributeDefinitions", "KeySchema")} | {"BillingMode": "PAY_PER_REQUEST"}
    view = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    made = client.create_table(TableName="carbon-points-restored", StreamSpecification=view, **same | _index(old))
    stream = made["TableDescription"]["LatestStreamArn"]
    stage = Stage("dev", session, agree=lambda: True)
    canary = PARAMETERS | {"Rollout": "Canary10Percent5Minutes"}  # fails here, unless the table forbids it
    stage.deploy(built, canary | {"RestoredStream": stream})
    for name, function in cloud.functions(session).items():
        variables = function["Environment"]["Variables"]
        assert (variables["TABLE_NAME"], variables["STREAM_ARN"]) == ("carbon-points-restored", stream), name
    mappings = session.client("lambda").list_event_source_mappings(EventSourceArn=stream)["EventSourceMappings"]
    readers = {cloud.functions(session)[name]["FunctionName"] for name in CONSUMERS}
    assert {each["FunctionArn"].rpartition(":")[2] for each in mappings} == readers
    stage.deploy(built, canary)
    assert cloud.functions(session)["project"]["Environment"]["Variables"]["TABLE_NAME"] == "carbon-points-dev"


def _index(table: dict[str, Any]) -> dict[str, Any]:
    wanted = ("IndexName", "KeySchema", "Projection")
    return {
        "GlobalSecondaryIndexes": [{name: each[name] for name in wanted} for each in table["GlobalSecondaryIndexes"]]
    }


def test_the_zip_is_small_and_comes_out_the_same_each_time(built: Path, tmp_path: Path) -> None:
    first = (built / "deployment.zip").read_bytes()
    assert len(first) <= bundle.BYTES_MAX
    bundle.build(wheels.native(), tmp_path / "again.zip")
    assert hashlib.sha256((tmp_path / "again.zip").read_bytes()).digest() == hashlib.sha256(first).digest()


def test_the_zip_holds_no_tests_and_no_tools(built: Path) -> None:
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"pip", "setuptools", "wheel", "tests", "infra", "cryptography", "click", "inquirer"}
    assert not [name for name in names if ".dist-info/" in name or "/tests/" in name]
    services = {name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 3}
    assert services == {"dynamodb", "kms", "s3", "secretsmanager", "sqs"}


def test_the_bill_of_materials_names_what_ships(built: Path) -> None:
    bill: dict[str, Any] = json.loads((built / "sbom.json").read_text())
    named = {each["name"].lower().replace("_", "-"): each["version"] for each in bill["components"]}
    assert named == {name.lower(): version for name, version in wheels.versions().items()}
    pinned = wheels.REQUIREMENTS.read_text()
    assert all(f"--hash=sha256:{each['hashes'][0]['content']}" in pinned for each in bill["components"])
    licences = (built / "licences.txt").read_text()
    assert "unknown" not in licences
    assert len(licences.splitlines()) == len(named)


def test_the_code_can_be_removed_and_the_data_stays(session: cloud.Session) -> None:
    stage = Stage("dev", session, agree=lambda: True)
    stage.destroy()
    assert stage.code.status() in {"", "DELETE_COMPLETE"}
    assert stage.data.status() == "CREATE_COMPLETE"
