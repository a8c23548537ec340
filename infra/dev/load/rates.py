"""Requests at a rate, each at its own time; and what became of them."""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import urllib3

from infra.dev.demo.api import TokenOf
from infra.dev.load.day import EXPECTED, Asker, City, Question

Show = Callable[[int, int], None]
AT_ONCE = 64
SHARES = (0.5, 0.9, 0.99)


@dataclass
class Stage:
    """What became of the requests of some seconds at one rate."""

    rate: float
    took: list[float] = field(default_factory=list)  # seconds, from when each was due
    refused: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)  # what nobody expected
    seconds: float = 0.0
    rss_mb: float = 0.0

    @property
    def answered(self) -> float:
        """Requests a second that were answered."""
        return len(self.took) / self.seconds if self.seconds else 0.0

    def add(self, other: "Stage") -> None:
        """Another stretch at the same rate."""
        self.took += other.took
        self.refused += other.refused
        self.wrong += other.wrong
        self.seconds += other.seconds

    def percentiles(self) -> list[float]:
        """The milliseconds within which each of SHARES was answered."""
        took = sorted(self.took)
        return [1000 * took[min(len(took) - 1, int(share * len(took)))] if took else 0.0 for share in SHARES]


def _silent(done: int, total: int) -> None:
    """Show no progress."""


class Sender:
    """Sends to the stack at ``url``."""

    def __init__(self, url: str, token_of: TokenOf, city: City) -> None:
        self._url, self._token_of, self._city = url, token_of, city
        self._http = urllib3.PoolManager(maxsize=AT_ONCE, retries=False, timeout=urllib3.Timeout(60))
        self._tokens: dict[tuple[str, str], str] = {}

    def stage(self, rate: float, seconds: float, ask: Asker, show: Show = _silent) -> Stage:
        """``rate`` requests a second for so many seconds."""
        stage, began, total = Stage(rate), time.monotonic(), int(rate * seconds)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number in range(total):
                due = began + number / rate
                time.sleep(max(0.0, due - time.monotonic()))
                pool.submit(self._one, ask(), due, stage)
                if number % max(1, int(rate)) == 0:
                    show(number, total)
        stage.seconds = time.monotonic() - began
        show(total, total)
        return stage

    def _one(self, question: Question, due: float, stage: Stage) -> None:
        try:
            status, answer = self._send(question)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            stage.wrong[type(error).__name__] += 1
            return
        stage.took.append(time.monotonic() - due)
        if status < 300:
            self._city.heard(question, answer)
        else:
            code = str(answer.get("code"))
            (stage.refused if code in EXPECTED else stage.wrong)[f"{question.what}: {status} {code}"] += 1

    def _send(self, question: Question) -> tuple[int, dict[str, Any]]:
        headers = {}
        if question.role:
            who = (question.role, question.sub)
            token = self._tokens.get(who) or self._tokens.setdefault(who, self._token_of(*who))
            headers["Authorization"] = f"Bearer {token}"
        if question.body is None:
            answer = self._http.request("GET", self._url + question.path, headers=headers)
            return answer.status, answer.json()
        headers |= {"Content-Type": "application/json", "Idempotency-Key": question.key}
        body = json.dumps(question.body)
        answer = self._http.request("POST", self._url + question.path, body=body, headers=headers)
        return answer.status, answer.json()
