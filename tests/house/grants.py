"""What each function must be allowed to do, derived from its code; and what its policy allows."""

import ast
import importlib
import json
from typing import Any

import app
from chalicelib.edge.endpoints import ENDPOINTS
from chalicelib.table import keys
from tests.house.reach import ROOT, Module, dotted, modules, operations, reach

Grant = tuple[str, str]  # action, kind of resource

_EXPORTED = {(f"s3:{each}", "objects") for each in ("AbortMultipartUpload", "PutObject", "PutObjectAcl")}
# A method of a boto3 client and what IAM asks for. Its Writes name what a transaction writes.
OPERATIONS: dict[str, set[Grant]] = {
    "get_item": {("dynamodb:GetItem", "table")},
    "batch_get_item": {("dynamodb:BatchGetItem", "table")},
    "query": set(),
    "transact_write_items": set(),
    "update_item": {("dynamodb:UpdateItem", "table")},
    "generate_presigned_post": {("s3:PutObject", "objects")},
    "generate_presigned_url": {("s3:GetObject", "objects")},
    # Without ListBucket a missing object is "forbidden", and we ask whether there is one.
    "get_object": {("s3:GetObject", "objects"), ("s3:ListBucket", "bucket")},
    "head_object": {("s3:GetObject", "objects"), ("s3:ListBucket", "bucket")},
    "copy_object": {("s3:GetObject", "objects"), ("s3:PutObject", "objects")},
    "put_object": {("s3:PutObject", "objects")},
    "create_multipart_upload": {("s3:PutObject", "objects")},
    "upload_part": {("s3:PutObject", "objects")},
    "complete_multipart_upload": {("s3:PutObject", "objects")},
    "list_objects_v2": {("s3:ListBucket", "bucket")},
    "list_parts": {("s3:ListMultipartUploadParts", "objects")},
    # DynamoDB writes the export with the rights of who asks for it.
    "export_table_to_point_in_time": {("dynamodb:ExportTableToPointInTime", "table"), *_EXPORTED},
    "describe_export": {("dynamodb:DescribeExport", "exports")},
    "send_message_batch": set(),
    "sign": {("kms:Sign", "key")},
    "get_public_key": {("kms:GetPublicKey", "key")},
    "get_secret_value": {("secretsmanager:GetSecretValue", "secret")},
}
NAMED: dict[str, Grant] = {
    "chalicelib.table.read.partition": ("dynamodb:Query", "table"),
    "chalicelib.table.walks.listed": ("dynamodb:Query", "index"),
    "chalicelib.table.write.put": ("dynamodb:PutItem", "table"),
    "chalicelib.table.write.update": ("dynamodb:UpdateItem", "table"),
    "chalicelib.table.write.delete": ("dynamodb:DeleteItem", "table"),
    "chalicelib.table.write.check": ("dynamodb:ConditionCheckItem", "table"),
}
_FROM_STREAM = {("dynamodb:" + each, "stream") for each in ("DescribeStream", "GetRecords", "GetShardIterator")}
_FROM_QUEUE = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
TRIGGERS = {source.name: source for source in app.app.event_sources}


def roots() -> dict[str, set[str]]:
    """Where each function's code begins."""
    edge = {"chalicelib.edge.endpoints.command", "chalicelib.edge.queries.query"}
    called = [call for each in ENDPOINTS for call in (each.view, each.prepare, vars(each.view).get("then")) if call]
    views = {f"{call.__module__}.{call.__qualname__}" for call in called}
    found = {"api_handler": edge | views | {"chalicelib.edge.problem.reshape"}}
    found |= {each.name: {f"app.{each.name}"} for each in app.app.builtin_auth_handlers}
    return found | {name: {f"app.{name}"} for name in TRIGGERS}


def needed(function: str) -> set[Grant]:
    """What the code of ``function`` and its trigger ask for."""
    places = reach(roots()[function])
    grants = {grant for _, name in operations(places) for grant in OPERATIONS[name]}
    grants |= {grant for place, grant in NAMED.items() if place in places}
    grants |= {("sqs:SendMessage", f"queue {name}") for name in _queues(places)}
    return grants | _woken(function)


def _woken(function: str) -> set[Grant]:
    trigger: Any = TRIGGERS.get(function)
    kind = type(trigger).__name__
    logs = {("logs:CreateLogStream", "logs"), ("logs:PutLogEvents", "logs")}
    traces = {("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*")}
    if kind == "SQSEventConfig":
        name = str(trigger.queue_arn).rpartition(":")[2]
        return logs | traces | {(f"sqs:{each}", f"queue {name}") for each in _FROM_QUEUE}
    if kind == "DynamoDBEventConfig":
        return logs | traces | _FROM_STREAM | {("dynamodb:ListStreams", "*"), ("sqs:SendMessage", "queue failed")}
    return logs | traces | ({("sqs:SendMessage", "queue failed")} if trigger else set())


def _queues(places: set[str]) -> set[str]:
    """The queues that the code sends to: named by ``to``, else that of buy-backs."""
    found = set()
    for place in places - {"chalicelib.queues.sender.send"}:
        module, _, name = place.rpartition(".")
        for call in _calls(modules()[module], name, "chalicelib.queues.sender.send"):
            named = [ast.unparse(each.value) for each in call.keywords if each.arg == "to"]
            found |= {each.rpartition(".")[2].removesuffix("_queue_url") for each in named or ["buy_back_queue_url"]}
    names = {"buy_back": "buy-back", "webhook": "webhooks", "books": "books", "batch": "batches"}
    return {names[each] for each in found}


def _calls(module: Module, name: str, called: str) -> list[ast.Call]:
    nodes = [node for body in module.own.get(name, ()) for node in ast.walk(body) if isinstance(node, ast.Call)]
    return [node for node in nodes if module.resolve(dotted(node.func)) == called]


def removable(function: str) -> set[str]:
    """Patterns of the partitions from which ``function`` removes items."""
    found = set()
    for place in reach(roots()[function]):
        module, _, name = place.rpartition(".")
        for call in _calls(modules()[module], name, "chalicelib.table.write.delete"):
            assert isinstance(call.args[0], ast.Call), f"{place} removes what table/keys does not name on the spot"
            found.add(_partition(dotted(call.args[0].func).rpartition(".")[2]))
    return found


def _partition(key: str) -> str:
    """The pattern of the partition that ``chalicelib.table.keys.<key>`` names."""
    made = getattr(keys, key)
    arguments = made.__code__.co_argcount
    return str(made(*["*"] * arguments).pk)


def files(function: str) -> set[str]:
    """Patterns of the objects whose keys the code of ``function`` can name."""
    found = set()
    for place in reach(roots()[function]):
        module, _, name = place.rpartition(".")
        if name.endswith("_key") or name in {"FOLDER", "KEPT"}:
            named = getattr(importlib.import_module(module), name)
            found |= {f"{named}*"} if isinstance(named, str) else _made(named)
    return found


def _made(name_key: Any) -> set[str]:
    """The pattern of the keys that the function makes; none where it makes something else."""
    if getattr(name_key, "__annotations__", {}).get("return") is not str:
        return set()
    required = name_key.__code__.co_argcount - len(name_key.__defaults__ or ())
    return {str(name_key(*["*"] * required)).split("*")[0] + "*"}


def policy(function: str) -> list[dict[str, Any]]:
    """The statements of the policy of ``function``. Fails where it has none."""
    named = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"].get(function, {})
    path = ROOT / ".chalice" / named.get("iam_policy_file", "none")
    assert path.is_file(), f"{function}: name its iam_policy_file in .chalice/config.json and write it"
    statements = json.loads(path.read_text())["Statement"]
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in statements]


def allowed(function: str) -> set[Grant]:
    """What the policy of ``function`` allows."""
    return {
        (action, _kind(resource))
        for statement in policy(function)
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
        for resource in _listed(statement["Resource"])
    }


def _listed(resource: Any) -> list[Any]:
    return resource if isinstance(resource, list) else [resource]


def objects(function: str) -> set[str]:
    """Patterns of the objects that the policy of ``function`` names."""
    found = set()
    for statement in policy(function):
        for resource in _listed(statement["Resource"]):
            if _kind(resource) == "objects":
                found.add(resource["Fn::Sub"][0].removeprefix("${Bucket}/"))
    return found


def _kind(resource: Any) -> str:
    """What a resource of a policy is. Fails for what no policy of ours should name."""
    text = json.dumps(resource)
    for sign, kind in (
        ("index/listing", "index"), ("/export/*", "exports"),
        ("TableArn", "table"), ("StreamArn", "stream"), ("${Bucket}/", "objects"),
        ("DocumentsBucketArn", "bucket"), ("SigningKey", "key"), (":secret:carbon-points/", "secret"),
        (":log-group:/carbon-points/", "logs"),
    ):  # fmt: skip
        if sign in text:
            return kind
    if ":sqs:" in text:
        return "queue " + str(resource["Fn::Sub"]).rpartition("${Stage}-")[2]
    assert resource == "*", f"no policy should name {text}"
    return "*"
