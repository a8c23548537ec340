"""Each function may do what its code does, nothing less and nothing more."""

import re

import pytest
from botocore import xform_name

from infra.release.package import contents
from tests.house import grants
from tests.house.reach import modules, operations, reach

FUNCTIONS = sorted(grants.roots())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_policy_grants_what_the_code_needs_and_no_more(function: str) -> None:
    needed, allowed = grants.needed(function), grants.allowed(function)
    assert sorted(needed - allowed) == [], f"policies/{function}.json lacks these"
    assert sorted(allowed - needed) == [], f"policies/{function}.json grants these for nothing"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_policy_names_the_objects_whose_keys_the_code_makes(function: str) -> None:
    touches = any(kind == "objects" for _, kind in grants.needed(function))
    assert grants.objects(function) == (grants.files(function) if touches else set())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_marks_that_the_code_removes_can_be_removed(function: str) -> None:
    patterns = {
        pattern
        for statement in grants.policy(function)
        if "dynamodb:DeleteItem" in statement["Action"] and statement["Effect"] == "Allow"
        for pattern in statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    }
    assert patterns == grants.removable(function)
    assert not any(pattern.startswith("record:") for pattern in patterns)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_records_cannot_be_changed_or_removed_by_whoever_writes(function: str) -> None:
    denied = {
        (action, pattern)
        for statement in grants.policy(function)
        if statement["Effect"] == "Deny"
        for action in statement["Action"]
        for pattern in statement["Condition"].get("ForAnyValue:StringLike", {}).get("dynamodb:LeadingKeys", ())
    }
    writes = {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:PutItem"}
    if {action for action, _ in grants.allowed(function)} & writes:
        assert {("dynamodb:UpdateItem", "record:*"), ("dynamodb:DeleteItem", "record:*")} <= denied


@pytest.mark.parametrize("function", FUNCTIONS)
def test_items_are_written_in_transactions_only(function: str) -> None:
    for statement in grants.policy(function):
        writes = [each for each in statement["Action"] if re.fullmatch(r"dynamodb:(Put|Update|Delete)Item", each)]
        if statement.get("Sid") == "Clear":  # what may be done again without harm: accounts forget what is filed
            assert (function, writes) == ("project", ["dynamodb:UpdateItem"])
            assert statement["Condition"] == {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["account:*"]},
                "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "unfiled"]},
                "Null": {"dynamodb:LeadingKeys": "false", "dynamodb:Attributes": "false"},
            }
        elif writes and statement["Effect"] == "Allow":
            condition = statement["Condition"]["ForAnyValue:StringEquals"]
            assert condition == {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}


def test_every_call_of_a_client_has_a_meaning_here() -> None:
    everything = {f"{module.name}.{name}" for module in modules().values() for name in module.own}
    assert {name for _, name in operations(everything)} == set(grants.OPERATIONS)
    assert set(grants.NAMED) <= everything


def test_the_zip_knows_the_operations_that_the_code_calls() -> None:
    everything = {f"{module.name}.{name}" for module in modules().values() for name in module.own}
    called = {name for _, name in operations(everything) if not name.startswith("generate_presigned_")}
    shipped = {xform_name(name) for names in contents.OPERATIONS.values() for name in names}
    assert shipped == called | {"create_bucket"}, "infra/release/package/contents.py"


def test_what_is_reached_is_what_one_would_expect() -> None:
    """The reach is read from text: a few places that it must find, and some that it must not."""
    assert "chalicelib.signing.remote.RemoteKey" in reach({"app.react"})
    assert "chalicelib.openness.projection.supply" in reach({"app.project"})
    assert not any(place.startswith(("chalicelib.queues.", "chalicelib.signing.")) for place in reach({"app.project"}))
    assert "chalicelib.mall.redemptions.actions.sweep" in reach({"app.pay_lots"})
    assert "chalicelib.signing.remote.RemoteKey" not in reach({"app.pay_lots"})
    assert "chalicelib.table.client.client" not in reach({"app.authenticate"})
