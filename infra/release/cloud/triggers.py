"""What wakes a function, as it should be woken: retries that end, nothing lost when they do.

Chalice knows none of it. Keyed by the trigger's kind, so that a new trigger in app.py is served without a change here.
"""

import json
from typing import Any, NamedTuple

from infra.release.cloud.functions import Function, Template, logical, queues

TRIES = 5  # of a message, before it goes to the dead letters
WORKERS_MAX = 10  # messages worked on at once; more would only contend for the same items
WORKERS = {"batches": 16}  # some 8,000 lines a second; other functions keep the rest of Lambda's concurrency
VISIBILITY_TIMES = 6  # of the handler's time-out, as AWS advises: Lambda itself tries again within it
_TWO_WEEKS, _HALF_A_DAY, _SIX_HOURS = 1_209_600, 43_200, 21_600
_FAILED = {"Fn::GetAtt": ["FailedQueue", "Arn"]}

# New Records with one of these attributes. A filter can ask for leaves only: `movement` is one, `postings` is not.
_MOVED: dict[str, Any] = {"movement": {"S": [{"exists": True}]}}
_PUBLISHED: dict[str, Any] = {"publish": {"BOOL": [{"exists": True}]}}  # it is there where it is true


class Consumer(NamedTuple):
    """A reader of the table's stream. DynamoDB takes two a shard, and no more.

    ``tries`` end the retries of a batch that fails: its shard waits for it.
    """

    marks: tuple[dict[str, Any], ...]
    tries: int

    def filters(self) -> list[Template]:
        return [{"Pattern": json.dumps(_inserted(mark), separators=(",", ":"))} for mark in self.marks]


def _inserted(mark: dict[str, Any]) -> dict[str, Any]:
    return {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"sk": {"S": ["record"]}} | mark}}


CONSUMERS = {
    # Sums need every Record, and a fault of ours fails for all of them: there is time to act on the alarm.
    "project": Consumer((_MOVED,), tries=100),
    # One poisonous Record must not stop the reactions to others for long. What is given up is found by `resume`, by the
    # first reader of a certificate, or by infra/ops/refile.py.
    "react": Consumer((_MOVED, _PUBLISHED), tries=10),
}


def resources(function: Function) -> Template:
    """What is merged for the triggers of ``function``. Raises ValueError for one that nobody has thought of."""
    found: Template = {}
    events: dict[str, Any] = {}
    for key, event in function.events.items():
        kind = event["Type"]
        if kind == "SQS":
            name = str(event["Properties"]["Queue"]).rpartition(":")[2]
            found |= queue(name, function.timeout_seconds)
            events[key] = {"Properties": _from_queue(name)}
        elif kind == "DynamoDB":
            events[key] = {"Properties": _from_stream(function.name)}
        elif kind not in {"Schedule", "CloudWatchEvent", "EventBridgeRule"}:
            raise ValueError(
                f"{function.name} is woken by {kind}: say in infra/release/cloud/triggers.py what it needs"
            )
    properties: Template = {"Events": events} if events else {}
    if function.of_kind("Schedule", "CloudWatchEvent", "EventBridgeRule"):
        properties["EventInvokeConfig"] = _asynchronous()
    return found | ({function.logical: {"Properties": properties}} if properties else {})


def queue(name: str, timeout_seconds: int) -> Template:
    """A queue whose messages are retried until they are dead letters. Raises ValueError for a queue nobody can name."""
    if name not in queues().values():
        raise ValueError(f"The queue {name} has no setting: chalicelib/settings.py wants a …_queue_arn that ends in it")
    dead = f"{logical(name)}Dead"
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]}, "maxReceiveCount": TRIES}
    return {
        dead: _sqs(f"{name}-dead", MessageRetentionPeriod=_TWO_WEEKS),
        logical(name): _sqs(name, VisibilityTimeout=VISIBILITY_TIMES * timeout_seconds, RedrivePolicy=redrive),
    }


def _sqs(name: str, **properties: Any) -> Template:
    named = {"QueueName": {"Fn::Sub": f"carbon-points-${{Stage}}-{name}"}, "SqsManagedSseEnabled": True}
    return {"Type": "AWS::SQS::Queue", "Properties": named | properties}


def _from_queue(name: str) -> Template:
    return {
        "Queue": {"Fn::GetAtt": [logical(name), "Arn"]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": WORKERS.get(name, WORKERS_MAX)},
    }


def _from_stream(name: str) -> Template:
    if name not in CONSUMERS:
        raise ValueError(f"{name} reads the stream: say in infra/release/cloud/triggers.py what of it")
    consumer = CONSUMERS[name]
    return {
        "Stream": {"Fn::ImportValue": {"Fn::Sub": "${DataStack}-StreamArn"}},
        "StartingPosition": "TRIM_HORIZON",  # what was committed before the function was there counts as well
        "FilterCriteria": {"Filters": consumer.filters()},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": consumer.tries,
        "MaximumRecordAgeInSeconds": _HALF_A_DAY,  # the stream keeps a day: time to act on the alarm before that
        "ParallelizationFactor": 1,  # one batch of a shard at a time: more would only contend for the same sums
        "DestinationConfig": {"OnFailure": {"Destination": _FAILED}},
    }


def _asynchronous() -> Template:
    return {
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": _SIX_HOURS,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": _FAILED}},
    }
