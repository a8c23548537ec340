"""``make pause STAGE=``: nothing is changed any more but by the stream's consumer, which only tells of what was done.

Functions that a queue feeds lose their queue, where messages wait; all others may not run at all: callers get a 5xx,
schedules and files come again later. A deployment leaves both as they are.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from infra.deploy.changes import Stack

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

Say = Callable[[str], None]


def pause(stack: Stack, client: "LambdaClient", say: Say = print) -> None:
    """Stop everything but the consumer of the stream. May be done again."""
    for mapping, _ in _queues(stack, client):
        client.update_event_source_mapping(UUID=mapping, Enabled=False)
    for function in _called(stack, client):
        client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
        say(f"  {function} may not run")
    for _, function in _queues(stack, client):
        say(f"  {function} is fed no more")


def unpause(stack: Stack, client: "LambdaClient", say: Say = print) -> None:
    """Let everything go on. May be done again."""
    for function in _called(stack, client):
        client.delete_function_concurrency(FunctionName=function)
        say(f"  {function} may run")
    for mapping, function in _queues(stack, client):
        client.update_event_source_mapping(UUID=mapping, Enabled=True)
        say(f"  {function} is fed again")


def _queues(stack: Stack, client: "LambdaClient") -> Iterator[tuple[str, str]]:
    """Each mapping of a queue, and the function that it feeds."""
    for id in stack.resources("AWS::Lambda::EventSourceMapping"):
        found = client.get_event_source_mapping(UUID=id)
        if ":sqs:" in found["EventSourceArn"]:
            yield id, found["FunctionArn"].rpartition(":")[2]


def _called(stack: Stack, client: "LambdaClient") -> list[str]:
    """The functions that nothing feeds: requests, schedules and files call them."""
    mappings = stack.resources("AWS::Lambda::EventSourceMapping")
    fed = {client.get_event_source_mapping(UUID=id)["FunctionArn"].rpartition(":")[2] for id in mappings}
    return sorted(set(stack.resources("AWS::Lambda::Function")) - fed)
