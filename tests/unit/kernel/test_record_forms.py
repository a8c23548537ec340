"""A Record in a short form means what the long one did, to the byte; Records of before stay readable."""

from typing import Any

import pytest

from chalicelib.kernel.decision import record_of
from chalicelib.kernel.record import Record, formed, item_of
from chalicelib.ledger.model import GRAMS, POINTS
from chalicelib.reductions import actions
from chalicelib.reductions.items import Recipient
from chalicelib.reductions.model import Report
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.row import dump, load
from chalicelib.table.write import decode, encode
from infra.dev.bench.units import size
from tests.unit.decisions import AT, ID, NOW, command
from tests.unit.scenarios.samples import scenario

PERSON = "ibtvjn5ypwzp47urkf6wadvn2e"
BYTES_MAX = 600  # of the Record of a trip
# As it stood in the table until 2026-11-28, whole.
BEFORE = {
    "pk": {"S": f"record:{ID}"}, "sk": {"S": "record"}, "id": {"S": ID}, "at": {"S": AT},
    "kind": {"S": "reduction_confirmed"}, "caller": {"S": "operator"}, "role": {"S": "scenario_operator"},
    "fingerprint": {"S": "f"}, "status": {"N": "201"}, "movement": {"S": "conversion"},
    "answer": {"S": '{"id":"' + ID + '","status":"confirmed"}'}, "counterparty": {"S": "metro"},
    "reference": {"S": ID}, "scenario": {"S": "metro"}, "scenario_version": {"N": "1"},
    "methodology": {"S": "SHCER-01"}, "month": {"S": "2026-01"},
    "postings": {"L": [
        {"L": [{"S": "system:issued"}, {"S": "system:pool"}, {"N": "710"}, {"S": "grams"}]},
        {"L": [{"S": "system:pool"}, {"S": f"account:{PERSON}"}, {"N": "710"}, {"S": "points"}]},
    ]},
}  # fmt: skip

# As a line of a batch stands in the table since then. Never change it, nor its answer: such items stand for ever.
SINCE = {
    "pk": {"S": f"record:{ID}"}, "sk": {"S": "record"}, "at": {"S": AT}, "kind": {"S": "reduction_confirmed"},
    "caller": {"S": "operator"}, "role": {"S": "scenario_operator"}, "status": {"N": "201"}, "form": {"N": "1"},
    "movement": {"S": "conversion"}, "scenario": {"S": "metro"}, "scenario_version": {"N": "1"},
    "methodology": {"S": "SHCER-01"}, "month": {"S": "2026-01"}, "postings": BEFORE["postings"],
    "trip": {"L": [{"S": "trip-1"}, {"S": "10"}, {"S": AT}]},
}  # fmt: skip
ANSWER = (
    f'{{"id":"{ID}","status":"confirmed","record_id":"trip-1","account":"{PERSON}","grant":null,"scenario":"metro",'
    f'"scenario_version":1,"quantity":"10","occurred_at":"{AT}","grams":710,"points":710,"repaid_points":0,'
    '"reason":null,"evidence_sha256":null}'
)


def made(fingerprint: str = "f" * 22, recipient: Recipient | None = None, **changes: Any) -> Record:
    """The Record of a trip."""
    recipient = recipient or Recipient(PERSON, "individual", "first")
    fields = {"record_id": "trip-20260131-000001", "account": recipient.id, "scenario": "metro", "quantity": "10"}
    body = Report(**fields | {"occurred_at": NOW} | changes)
    asked = command(body, role="scenario_operator", sub="operator")
    return record_of(asked, actions.report(asked, [scenario()], recipient), 201, fingerprint)


def item(record: Record) -> dict[str, Any]:
    """What is put into the table."""
    return encode(keys.record(record.id).item() | item_of(record))


@pytest.mark.parametrize("fingerprint", ["f" * 22, ID])  # of a single report, of a line of a batch
@pytest.mark.parametrize("changes", [{}, {"account": None, "grant": "g" * 26}])
def test_a_short_record_gives_back_every_field_and_the_answer_to_the_byte(fingerprint: str, changes: Any) -> None:
    record = made(fingerprint, **changes)
    assert record.form == 1
    assert not {"id", "answer", "reference", "counterparty"} & item(record).keys()
    assert load(Record, decode(item(record)) or {}) == record


def test_it_is_small() -> None:
    assert size(item(made())) <= BYTES_MAX
    assert size(item(made(ID))) <= BYTES_MAX


def test_what_the_form_cannot_say_is_kept_in_full() -> None:
    institution = made(recipient=Recipient(PERSON, "institution", PERSON))
    assert (institution.form, institution.trip) == (None, None)
    whole = made()
    other = formed(Record(**vars(whole) | {"form": None, "answer": whole.answer.replace("10", "11")}))
    assert (other.form, other.trip) == (None, None)
    for record in (institution, other):
        assert item(record) == encode(keys.record(ID).item() | dump(record))
        assert load(Record, decode(item(record)) or {}) == record


def test_a_stage_may_keep_the_form_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings()._replace(record_form=0)
    monkeypatch.setattr("chalicelib.kernel.record.settings", lambda: before)
    assert (made().form, made().trip) == (None, None)
    assert "answer" in item(made())


def test_a_record_of_before_is_read_as_it_was() -> None:
    found = load(Record, decode(BEFORE) or {})
    assert (found.form, found.trip, found.reference) == (None, None, ID)
    assert found.answer == '{"id":"' + ID + '","status":"confirmed"}'
    assert [each.asset for each in found.postings] == [GRAMS, POINTS]


def test_a_short_record_that_stands_gives_the_answer_that_was_given_whatever_is_answered_today() -> None:
    found = load(Record, decode(SINCE) or {})
    assert found.answer == ANSWER
    assert (found.id, found.fingerprint, found.reference, found.counterparty) == (ID, ID, ID, "metro")
    granted = load(Record, decode(SINCE | {"grant": {"S": "g"}, "fingerprint": {"S": "f"}}) or {})
    assert granted.answer == ANSWER.replace(f'"{PERSON}","grant":null', 'null,"grant":"g"')
    assert granted.fingerprint == "f"


def test_a_form_of_a_later_version_is_not_read_as_another() -> None:
    with pytest.raises(KeyError):
        load(Record, decode(SINCE | {"form": {"N": "2"}}) or {})
