"""kill -9 of everything under load: what was acknowledged stands, what was not can be sent again, nothing twice."""

import threading
from pathlib import Path

import httpx
import pytest

from tests.system.city import AT_ONCE, City, check_books
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
KILLS = 3


def test_what_was_acknowledged_survives_and_what_was_not_is_done_once(tmp_path: Path) -> None:
    with City(tmp_path) as city:
        city.settle_down(AT_ONCE)
        city.at_once(lambda n: city.report(n, 1_000_000), range(AT_ONCE))
        offer = city.offer(stock=10**6)
        sent: dict[str, str | None] = {}
        for round_number in range(KILLS):
            _load_until_killed(city, offer, round_number, sent)
            city.start()
        acknowledged = {key: body for key, body in sent.items() if body}
        assert acknowledged
        answers = {key: city.redeem(int(key.split("-")[1]), offer, key=key) for key in sent}
        assert {answer.status_code for answer in answers.values()} == {201}
        for key, body in acknowledged.items():
            assert answers[key].text == body
            assert answers[key].headers["Idempotent-Replayed"] == "true"
        eventually(lambda: city.unfiled() == 0)
        check_books(city)
        assert city.get("/v1/supply")["points_by_use"]["redeemed"] == 100 * len(sent)


def _load_until_killed(city: City, offer: str, round_number: int, sent: dict[str, str | None]) -> None:
    """Sixteen clients redeem as fast as they can; ``sent`` keeps each key with the answer, if one came."""
    running = threading.Event()

    def client(number: int) -> None:
        for count in range(10_000):
            key = f"kill-{number}-{round_number}-{count}"
            sent[key] = None
            try:
                answer = city.redeem(number, offer, key=key)
            except httpx.HTTPError:
                return
            assert answer.status_code == 201, answer.text
            sent[key] = answer.text
            if count == 10:
                running.set()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    assert running.wait(30)
    city.kill9()
    for thread in threads:
        thread.join()
