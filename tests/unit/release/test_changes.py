"""A stack's change set: it compares with what is there, and shows what somebody changed by hand."""

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from infra.release.deploy.changes import Stack


class Cloud:
    """CloudFormation with one stack in ``status`` ("" for none) and one change set with ``changes``."""

    def __init__(self, status: str, *changes: dict[str, Any]) -> None:
        self.stack, self.changes = status, [{"ResourceChange": each} for each in changes]
        self.asked: dict[str, Any] = {}
        self.done: list[str] = []

    def describe_stacks(self, **_: Any) -> Any:
        if not self.stack:
            raise ClientError({"Error": {"Message": "Stack does not exist"}}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": self.stack}]}

    def create_change_set(self, **request: Any) -> None:
        self.asked = request

    def get_waiter(self, _: str) -> Any:
        return self

    def wait(self, **_: Any) -> None: ...

    def describe_change_set(self, NextToken: str = "0", **_: Any) -> Any:
        """One change a page."""
        number = int(NextToken)
        more = {"NextToken": str(number + 1)} if number + 1 < len(self.changes) else {}
        return {"Changes": self.changes[number : number + 1]} | more

    def execute_change_set(self, **_: Any) -> None:
        self.done.append("executed")

    def delete_change_set(self, **_: Any) -> None:
        self.done.append("deleted")


def change(name: str, action: str = "Modify", drift: str = "IN_SYNC") -> dict[str, Any]:
    return {"Action": action, "LogicalResourceId": name, "ResourceType": "AWS::X::Y", "ResourceDriftStatus": drift}


def run(cloud: Cloud, *, keeps: bool = False) -> list[str]:
    printed: list[str] = []
    Stack(cast(Any, cloud), "one", printed.append, keeps=keeps).change({"TemplateBody": "{}"}, {}, agree=lambda: True)
    return printed


def test_a_stack_that_is_there_is_compared_with_what_is_there() -> None:
    cloud = Cloud("UPDATE_COMPLETE", change("Table"))
    run(cloud)
    assert (cloud.asked["ChangeSetType"], cloud.asked["DeploymentMode"]) == ("UPDATE", "REVERT_DRIFT")
    assert cloud.done == ["executed"]


def test_a_new_stack_has_nothing_to_be_compared_with() -> None:
    cloud = Cloud("", change("Table", "Add"))
    run(cloud)
    assert cloud.asked["ChangeSetType"] == "CREATE"
    assert "DeploymentMode" not in cloud.asked


def test_what_was_changed_by_hand_is_shown_on_every_page() -> None:
    cloud = Cloud(
        "UPDATE_COMPLETE", change("A"), change("B", drift="MODIFIED"), change("C", "SyncWithActual", drift="MODIFIED")
    )
    lines = run(cloud)
    assert [line.endswith("CHANGED BY HAND") for line in lines[1:4]] == [False, True, True]
    assert [line[2] for line in lines[1:4]] == ["~", "~", "="]


def test_data_that_was_deleted_by_hand_is_not_made_again() -> None:
    cloud = Cloud("UPDATE_COMPLETE", change("Table", "Add", drift="DELETED"))
    with pytest.raises(SystemExit, match="Nothing was changed"):
        run(cloud, keeps=True)
    assert cloud.done == ["deleted"]


def test_code_that_was_deleted_by_hand_is_made_again() -> None:
    cloud = Cloud("UPDATE_COMPLETE", change("Sweep", "Add", drift="DELETED"))
    assert run(cloud)[1].endswith("DELETED BY HAND")
    assert cloud.done == ["executed"]


def test_every_action_of_cloudformation_has_a_mark() -> None:
    actions = get_session().get_service_model("cloudformation").shape_for("ChangeAction")
    for action in cast(Any, actions).enum:
        assert run(Cloud("UPDATE_COMPLETE", change("A", action)))[1].startswith("  ")
