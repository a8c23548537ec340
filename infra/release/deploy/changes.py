"""One CloudFormation stack, changed by a change set that is shown first."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_POLL_SECONDS = 5
_CLOCKS_DIFFER = timedelta(minutes=1)
_HOUR_POLLS = 3600 // _POLL_SECONDS
_EMPTY = ("didn't contain changes", "No updates are to be performed")
_NOTHING_YET = {"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"}
_MARKS = {"Add": "+", "Modify": "~", "Remove": "-", "Dynamic": "?", "Import": ">", "SyncWithActual": "="}
_BY_HAND = {"MODIFIED": "  CHANGED BY HAND", "DELETED": "  DELETED BY HAND"}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """A stack by name, in the account and region of ``client``."""

    client: "CloudFormationClient"
    name: str
    say: Say = print
    keeps: bool = False  # what it holds is nothing that a template can make again: data, keys

    def status(self) -> str:
        """CloudFormation's word for its state; "" where there is none, and for what a first try left behind."""
        try:
            [found] = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return ""
            raise
        return "" if found["StackStatus"] in _NOTHING_YET else str(found["StackStatus"])

    def outputs(self) -> dict[str, str]:
        [found] = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}

    def parameters(self) -> dict[str, str]:
        """What it was deployed with; nothing where there is none."""
        if not self.status():
            return {}
        [found] = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])}

    def resources(self, kind: str) -> list[str]:
        """The physical ids of its resources of one type."""
        pages = self.client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        every = [each for page in pages for each in page["StackResourceSummaries"]]
        return [each["PhysicalResourceId"] for each in every if each["ResourceType"] == kind]

    def change(self, template: Mapping[str, str], parameters: Mapping[str, str], *, agree: Callable[[], bool]) -> bool:
        """Make the stack as ``template`` (TemplateBody or TemplateURL) says; False where there was nothing to do.

        Raises SystemExit where the change is refused by whoever is asked, or fails.
        """
        if self.status() == "ROLLBACK_COMPLETE":
            self.say(f"{self.name}: a first try failed and left an empty stack, which is removed")
            self.remove()
        set_name = f"change-{time.time_ns()}"
        if not self._prepare(set_name, template, parameters):
            self.say(f"{self.name}: nothing to change")
            return False
        changes = self._changes(set_name)
        self._show(changes)
        if not (self._nothing_lost(changes) and agree()):
            self.client.delete_change_set(StackName=self.name, ChangeSetName=set_name)
            sys.exit("Nothing was changed.")
        existed, began = bool(self.status()), datetime.now(UTC) - _CLOCKS_DIFFER
        self.client.execute_change_set(StackName=self.name, ChangeSetName=set_name)
        self._wait("stack_update_complete" if existed else "stack_create_complete", began)
        return True

    def _prepare(self, set_name: str, template: Mapping[str, str], parameters: Mapping[str, str]) -> bool:
        """Whether there is anything to change."""
        request: Any = dict(template) | {
            "StackName": self.name,
            "ChangeSetName": set_name,
            "ChangeSetType": "UPDATE",
            "DeploymentMode": "REVERT_DRIFT",  # compares with what is there, not with the template before
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        }
        if not self.status():
            request["ChangeSetType"] = "CREATE"
            del request["DeploymentMode"]  # nothing is there that could differ
        self.client.create_change_set(**request)
        try:
            waiter = self.client.get_waiter("change_set_create_complete")
            waiter.wait(StackName=self.name, ChangeSetName=set_name, WaiterConfig={"Delay": 2, "MaxAttempts": 150})
        except WaiterError:
            found = self.client.describe_change_set(StackName=self.name, ChangeSetName=set_name)
            self.client.delete_change_set(StackName=self.name, ChangeSetName=set_name)
            if any(words in found.get("StatusReason", "") for words in _EMPTY):
                return False
            sys.exit(f"{self.name}: {found.get('StatusReason', 'the change set failed')}")
        return True

    def _changes(self, set_name: str) -> list[Any]:
        changes: list[Any] = []
        page: dict[str, Any] = {"NextToken": ""}
        while "NextToken" in page:
            token = {"NextToken": page["NextToken"]} if page["NextToken"] else {}
            page = dict(self.client.describe_change_set(StackName=self.name, ChangeSetName=set_name, **token))
            changes += [each["ResourceChange"] for each in page["Changes"]]
        return sorted(changes, key=lambda change: (change["Action"], change["LogicalResourceId"]))

    def _show(self, changes: list[Any]) -> None:
        """One line a resource: what happens, to what, whether it is replaced, and what somebody did to it by hand."""
        self.say(f"{self.name}: {len(changes)} changes")
        for each in changes:
            replaced = "  REPLACED" if each.get("Replacement") == "True" else ""
            drifted = _BY_HAND.get(each.get("ResourceDriftStatus", ""), "")
            line = f"  {_MARKS[each['Action']]} {each['LogicalResourceId']:44} {each['ResourceType']}"
            self.say(line + replaced + drifted)

    def _nothing_lost(self, changes: list[Any]) -> bool:
        """Whether nothing is gone that an empty one would replace. Says what is."""
        gone = [each["LogicalResourceId"] for each in changes if each.get("ResourceDriftStatus") == "DELETED"]
        if not (self.keeps and gone):
            return True
        self.say(f"{', '.join(gone)} was deleted by hand. A deployment would make an empty one: restore it first,")
        self.say("see docs/operations.md, Backup and restore.")
        return False

    def _wait(self, waiter: Any, began: datetime) -> None:
        try:
            watching: Any = self.client.get_waiter(waiter)
            watching.wait(StackName=self.name, WaiterConfig={"Delay": _POLL_SECONDS, "MaxAttempts": _HOUR_POLLS})
        except WaiterError:
            for event in self.client.describe_stack_events(StackName=self.name)["StackEvents"]:
                if event["Timestamp"] >= began and event.get("ResourceStatus", "").endswith("_FAILED"):
                    self.say(f"  {event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}")
            sys.exit(f"{self.name}: {self.status()}; CloudFormation went back to what was there before")
        self.say(f"{self.name}: {self.status()}")

    def remove(self) -> None:
        """Delete the stack, and wait until it is gone. What is to be retained stays."""
        self.client.delete_stack(StackName=self.name)
        self._wait_gone()

    def _wait_gone(self) -> None:
        try:
            waiter = self.client.get_waiter("stack_delete_complete")
            waiter.wait(StackName=self.name, WaiterConfig={"Delay": _POLL_SECONDS, "MaxAttempts": _HOUR_POLLS})
        except WaiterError:
            sys.exit(f"{self.name}: {self.status()}; see its events in CloudFormation")
        self.say(f"{self.name}: gone")
