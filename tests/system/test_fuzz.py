"""Generated requests over HTTP: no 5xx, every answer as the OpenAPI document says. ``make fuzz`` sends more of them."""

from collections.abc import Iterator

import pytest

from chalicelib.kernel.caller import BUREAU, INDIVIDUAL, INSTITUTION
from infra.dev.fuzz import fuzz
from tests.system.city import City

pytestmark = pytest.mark.system
SECONDS = 15


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with City(tmp_path_factory.mktemp("fuzz")) as stack:
        stack.settle_down(2)
        yield stack


@pytest.mark.parametrize(("role", "sub"), [(INDIVIDUAL, "p0"), (INSTITUTION, "shop"), (BUREAU, "bureau")])
def test_every_answer_is_one_that_the_document_allows(
    city: City, tmp_path_factory: pytest.TempPathFactory, role: str, sub: str
) -> None:
    report = tmp_path_factory.mktemp(role) / "report.txt"
    failed = fuzz(city.url, city.token(role, sub), SECONDS, report)
    assert not failed, report.read_text()
