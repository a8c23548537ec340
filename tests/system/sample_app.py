"""A tiny Chalice app that shows what the local machine does to any app; its handlers write down what reaches them."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.config import Config
from chalice.app import AuthRequest, AuthResponse, Chalice, CloudWatchEvent, DynamoDBEvent, Response

app = Chalice(app_name="sample")
NOTES = Path(os.environ.get("SAMPLE_NOTES", "/dev/null"))
TABLE = os.environ.get("TABLE_NAME", "")
BUCKET = os.environ.get("DOCUMENTS_BUCKET", "")
_writing = threading.Lock()


def client(service: str) -> Any:
    return boto3.client(service, config=Config(max_pool_connections=32))  # type: ignore[call-overload]


@app.authorizer(ttl_seconds=60)
def authenticate(request: AuthRequest) -> AuthResponse:
    """The token is the name; "bad" is refused, "denied" may go nowhere."""
    _note("authorizer", request.token)
    if request.token == "bad":
        raise Exception("Unauthorized")
    return AuthResponse(routes=[] if request.token == "denied" else ["*"], principal_id=request.token)


@app.route("/v1/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.route("/v1/echo/{name}", methods=["POST"], authorizer=authenticate, content_types=["*/*"])
def echo(name: str) -> dict[str, Any]:
    """What this request is, looked up again after others have had a chance to overwrite it."""
    assert app.current_request
    app.current_request.to_dict()
    time.sleep(0.002)
    request, context = app.current_request, app.lambda_context
    assert request
    assert context
    body = request.raw_body
    assert isinstance(body, bytes)
    return {
        "name": name,
        "caller": request.context["authorizer"]["principalId"],
        "body": body.decode("latin-1"),
        "letters": request.query_params.getlist("letter") if request.query_params else None,
        "same_request": request.to_original_event()["requestContext"]["requestId"] == request.context["requestId"],
    }


@app.route("/v1/notes/{name}", methods=["PUT"])
def write(name: str) -> Response:
    """A durable write of four items."""
    puts = [{"Put": {"TableName": TABLE, "Item": {"pk": {"S": name}, "sk": {"S": str(n)}}}} for n in range(4)]
    client("dynamodb").transact_write_items(TransactItems=puts)
    return Response("", {"Content-Type": "text/plain"}, 204)


@app.route("/v1/uploads/{name}", methods=["POST"])
def upload(name: str) -> Any:
    limits = [["content-length-range", 1, 100]]
    return client("s3").generate_presigned_post(BUCKET, unquote(name), Conditions=limits)


STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/placeholder/stream/placeholder"


@app.on_dynamodb_record(stream_arn=STREAM)
def project(event: DynamoDBEvent) -> None:
    """Notes every record. Fails as long as there is a file "fail" beside the notes."""
    if NOTES.with_name("fail").exists():
        _note("failed", "")
        raise RuntimeError("fails as asked")
    for record in event:
        assert record.new_image == record.keys
        _note("record", record.keys["pk"]["S"], record.keys["sk"]["S"], int(record.sequence_number))


@app.on_dynamodb_record(stream_arn=STREAM)
def react(event: DynamoDBEvent) -> dict[str, Any]:
    """Notes every record too. Names those of "poison" as failed, and all as long as there is a file "fail-react"."""
    failing, failed = NOTES.with_name("fail-react").exists(), []
    for record in event:
        if failing or record.keys["pk"]["S"] == "poison":
            failed.append({"itemIdentifier": record.sequence_number})
        else:
            _note("reacted", record.keys["pk"]["S"], record.keys["sk"]["S"])
    if failed:
        _note("reaction failed", len(failed))
    return {"batchItemFailures": failed}


@app.on_cw_event(
    {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [BUCKET]}, "object": {"key": [{"prefix": "incoming/"}]}},
    }
)
def upload_arrived(event: CloudWatchEvent) -> None:
    _note("upload", event.detail["object"]["key"])


def _note(*what: Any) -> None:
    with _writing, open(NOTES, "a") as file:
        file.write(json.dumps([*what, time.time()]) + "\n")
