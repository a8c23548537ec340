"""What wakes a function, as it should be woken: retries that end, nothing lost when they do.

Chalice knows none of it. Keyed by the trigger's kind, so that a new trigger in app.py is served without a change here.
"""

import json
from typing import Any

from infra.release.cloud.functions import Function, Template, logical, queues

TRIES = 5  # of a message, before it goes to the dead letters
WORKERS_MAX = 10  # messages worked on at once; more would only contend for the same items
VISIBILITY_TIMES = 6  # of the handler's time-out, as AWS advises: Lambda itself tries again within it
_TWO_WEEKS, _HALF_A_DAY, _SIX_HOURS = 1_209_600, 43_200, 21_600
_FAILED = {"Fn::GetAtt": ["FailedQueue", "Arn"]}
# Nothing but new Records that moved value: only they are projected. `movement` stands on each of them (and a filter can
# ask for leaves only, which `postings` is not).
POSTED = {
    "eventName": ["INSERT"],
    "dynamodb": {"NewImage": {"sk": {"S": ["record"]}, "movement": {"S": [{"exists": True}]}}},
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
            events[key] = {"Properties": _from_stream()}
        elif kind not in {"Schedule", "CloudWatchEvent", "EventBridgeRule"}:
            raise ValueError(
                f"{function.name} is woken by {kind}: say in infra/release/cloud/triggers.py what it needs"
            )
    properties: Template = {"Events": events} if events else {}
    if function.of_kind("Schedule", "CloudWatchEvent", "EventBridgeRule"):
        properties["EventInvokeConfig"] = _asynchronous()
    return found | ({function.logical: {"Properties": properties}} if properties else {})


def queue(name: str, timeout_seconds: int) -> Template:
    """A queue whose messages come again until they are dead letters. Raises ValueError for a queue nobody can name."""
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
        "ScalingConfig": {"MaximumConcurrency": WORKERS_MAX},
    }


def _from_stream() -> Template:
    return {
        "Stream": {"Fn::ImportValue": {"Fn::Sub": "${DataStack}-StreamArn"}},
        "StartingPosition": "TRIM_HORIZON",  # what was committed before the function was there is projected as well
        "FilterCriteria": {"Filters": [{"Pattern": json.dumps(POSTED, separators=(",", ":"))}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 100,
        "MaximumRecordAgeInSeconds": _HALF_A_DAY,  # the stream keeps a day: time to act on the alarm before that
        "ParallelizationFactor": 1,  # one consumer a shard: more would only contend for the same sums
        "DestinationConfig": {"OnFailure": {"Destination": _FAILED}},
    }


def _asynchronous() -> Template:
    return {
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": _SIX_HOURS,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": _FAILED}},
    }
