"""What is wrong with a field is stated in the reader's language alone."""

import pytest

from chalicelib.campaigns.model import NewCampaign
from chalicelib.errors import InvalidRequest
from chalicelib.kernel.validation import parsed


def test_a_choice_of_values_is_chinese_in_chinese() -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(NewCampaign, b'{"purpose": "x"}')
    details = {each["pointer"]: each["detail"] for each in refused.value.facts["errors"]}
    assert details["/purpose"].en == "Input should be 'production' or 'event'"
    assert details["/purpose"].zh == "应为 'production' 或 'event'"
