"""What is signed is shown: the page calls a certificate invalid that hides a signed fact."""

from typing import get_args

from chalicelib.certificates.model import DETAILS, FACTS, Certificate, Kind
from chalicelib.certificates.render import words


def test_every_signed_fact_has_a_label_and_every_kind_a_title() -> None:
    assert set(words._LABELS) == {"serial", "issuer", *FACTS, *DETAILS}
    assert set(words._LABELS) <= set(Certificate.model_fields)
    assert set(words.TITLES) == set(get_args(Kind))
