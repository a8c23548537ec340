"""Issuing and revoking: what is kept of a certificate, what is signed of it, and who ends it."""

import pytest

from chalicelib.certificates.actions import issue, revoke
from chalicelib.certificates.items import Certificate, CertificateFacts
from chalicelib.certificates.model import Revoking, claims
from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.table import keys
from chalicelib.table.row import dump, load
from tests.unit.decisions import AT, after, command, holds, refusal, touched, write_to
from tests.unit.decisions import ID as RECORD
from tests.unit.parties import SERIAL_KEY

FACTS = CertificateFacts(
    kind="campaign", holder="示例商贸", beneficiary="示例商贸", grams=1200, points=1200, purpose="event",
    title="马拉松", campaign="x", donors=2, scenarios=("metro",),
)  # fmt: skip
REFERENCE, ISSUED = issue(command(), FACTS, serial_key=SERIAL_KEY)
PLACE = keys.certificate(REFERENCE.serial)
VALID = load(Certificate, after(ISSUED))


def test_a_certificate_is_put_once_with_all_its_facts() -> None:
    assert ISSUED.key == PLACE
    kept = after(ISSUED)
    assert kept.items() >= {"serial": REFERENCE.serial, "record": RECORD, "issued_at": AT, "status": "valid"}.items()
    assert kept.items() >= {"donors": 2, "title": "马拉松", "scenarios": ["metro"], "grams": 1200}.items()
    assert not {"methodologies", "jws", "reason", "revoked_at"} & kept.keys()
    assert not holds(ISSUED, VALID)


def test_a_record_issues_one_certificate_however_often_it_is_decided() -> None:
    assert issue(command(), FACTS, serial_key=SERIAL_KEY)[0] == REFERENCE


def test_what_is_kept_and_what_is_answered_are_signed_alike() -> None:
    answer = VALID.to_answer(None)
    assert (answer.url, answer.jws, answer.methodologies) == (REFERENCE.url, None, None)
    assert claims(dump(VALID)) == claims(answer.model_dump())
    assert claims(dump(VALID)).keys() >= {"iss", "jti", "iat", "beneficiary", "scenarios"}
    assert "status" not in claims(dump(VALID))


def test_a_certificate_that_was_kept_with_nulls_and_lists_is_read_the_same() -> None:
    older = after(ISSUED) | {"beneficiary": None, "scenarios": ["metro"], "methodologies": []}
    assert load(Certificate, older).beneficiary is None
    assert "methodologies" not in claims(dump(load(Certificate, older)))


@pytest.fixture
def revoked() -> Decision:
    return revoke(command(Revoking(reason="数据有误"), role="exchange", sub="exchange"), VALID)


def test_a_revocation_changes_the_status_and_states_why(revoked: Decision) -> None:
    assert touched(revoked) == [PLACE]
    ended = after(write_to(revoked, PLACE), VALID)
    assert (ended["status"], ended["reason"], ended["revoked_at"]) == ("revoked", "数据有误", AT)
    assert claims(ended) == claims(dump(VALID))
    assert revoked.answer.model_dump() == {
        "serial": REFERENCE.serial, "status": "revoked", "reason": "数据有误", "revoked_at": AT,
    }  # fmt: skip
    assert revoked.facts.certificate == REFERENCE.serial
    assert revoked.facts.postings == ()


def test_a_certificate_is_revoked_once(revoked: Decision) -> None:
    ended = load(Certificate, after(write_to(revoked, PLACE), VALID))
    refused = refusal(write_to(revoked, PLACE), ended)
    assert (refused.code, refused.facts["state"]) == ("invalid_state", "revoked")
    with pytest.raises(InvalidState):
        revoke(command(Revoking(reason="再次"), role="exchange", sub="exchange"), ended)


def test_a_signature_that_arrives_meanwhile_does_not_keep_it_from_being_revoked(revoked: Decision) -> None:
    signed = dump(VALID) | {"jws": "a.b.c"}
    assert holds(write_to(revoked, PLACE), signed)
    assert after(write_to(revoked, PLACE), signed)["jws"] == "a.b.c"
