"""``make pause STAGE=``: callers change nothing any more; the stream's consumers finish what was done.

Functions that a queue feeds lose their queue, where messages wait; all others may not run at all: callers get a 5xx,
schedules and files are retried later.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from infra.release.deploy.changes import Stack

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

Say = Callable[[str], None]


class _Woken(NamedTuple):
    """Functions by name: those that a queue feeds with the id of its mapping, and those that nothing feeds."""

    fed: dict[str, str]
    called: list[str]


def pause(stack: Stack, client: "LambdaClient", say: Say = print) -> None:
    """Stop everything but the consumers of the stream. May be done again."""
    found = _woken(stack, client)
    for function in found.called:
        client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
        say(f"  {function} may not run")
    for function, mapping in found.fed.items():
        client.update_event_source_mapping(UUID=mapping, Enabled=False)
        say(f"  {function} is fed no more")


def unpause(stack: Stack, client: "LambdaClient", say: Say = print) -> None:
    """Let everything continue. It is safe to repeat."""
    found = _woken(stack, client)
    for function, mapping in found.fed.items():
        client.update_event_source_mapping(UUID=mapping, Enabled=True)
        say(f"  {function} is fed again")
    for function in found.called:
        client.delete_function_concurrency(FunctionName=function)
        say(f"  {function} may run")


def _woken(stack: Stack, client: "LambdaClient") -> _Woken:
    ids = stack.resources("AWS::Lambda::EventSourceMapping")
    mappings = [client.get_event_source_mapping(UUID=id) for id in ids]
    sources = {_name(each["FunctionArn"]): each for each in mappings}
    fed = {name: each["UUID"] for name, each in sources.items() if ":sqs:" in each["EventSourceArn"]}
    return _Woken(fed, sorted(set(stack.resources("AWS::Lambda::Function")) - sources.keys()))


def _name(arn: str) -> str:
    """The function's name in ``arn:…:function:NAME``, which an alias or a version may follow."""
    return arn.split(":")[6]
