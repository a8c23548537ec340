"""An example of a scenario operator's sender: a file of trips goes to the platform part by part.

    TOKEN=$(make -s token ROLE=scenario_operator SUB=metro-operator)
    TOKEN=$TOKEN python send_trips.py trips.jsonl --scenario metro --platform http://127.0.0.1:8000

Run it again after any interruption, with the same arguments: it announces nothing twice, and sends what has not
arrived. The file is JSON Lines, plain or gzip. It needs Python 3.11 and nothing else, and the memory of one part.
"""

import argparse
import gzip
import hashlib
import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PART_BYTES = 16 << 20  # 5 MiB at least: what a line that breaks costs
TOGETHER = 10  # parts that we ask addresses for at once
RETRY_PAUSES_SECONDS = (1, 2, 4, 8, 16)
_EDGES = b" \t\r\n\v\f\x1a\xef\xbb\xbf"


class Refused(Exception):
    """The platform's problem: ``code`` is for us, ``detail`` for people."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem.get('code')}: {problem.get('detail')} {problem.get('errors', '')}")
        self.problem = problem


class Platform:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def get(self, path: str) -> Any:
        return self._ask(urllib.request.Request(self.url + path, headers=self._headers()))

    def post(self, path: str, body: Any, key: str) -> Any:
        """Send a change until it is answered. The same ``key`` makes it happen once, however often it is sent."""
        headers = self._headers() | {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._ask(urllib.request.Request(self.url + path, json.dumps(body).encode(), headers))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _ask(self, request: urllib.request.Request) -> Any:
        with patiently(request) as answer:
            return json.load(answer)


def patiently(request: urllib.request.Request) -> Any:
    """The answer. Raises Refused for what another try would not change, OSError when patience ends."""
    for pause in (*RETRY_PAUSES_SECONDS, None):
        try:
            return urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            content = error.read()
            if (error.code < 500 and error.code != 429) or pause is None:
                raise Refused(problem_of(error.code, content)) from None
        except (OSError, http.client.HTTPException):  # no answer, or half of one
            if pause is None:
                raise
        time.sleep(pause)
    raise AssertionError


def problem_of(status: int, content: bytes) -> dict[str, Any]:
    """The platform answers in JSON, S3 in XML."""
    try:
        found: dict[str, Any] = json.loads(content)
    except ValueError:
        found = {"code": status, "detail": content[:500].decode(errors="replace")}
    return found


def cut(path: Path, size: int) -> Iterator[dict[str, Any]]:
    """The parts of the file, each with its hash."""
    with path.open("rb") as file:
        for number in range(1, 1 + -(-path.stat().st_size // size)):
            content = file.read(size)
            yield {"number": number, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def announced(path: Path, scenario: str) -> dict[str, Any]:
    """How many lines the file holds that are not blank, and the hash of its bytes."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as lines:
        return {"scenario": scenario, "lines": sum(1 for line in lines if line.strip(_EDGES)), "sha256": sha256}


def send(platform: Platform, path: Path, scenario: str, part_bytes: int = PART_BYTES) -> str:
    """Announce the file, send the parts that have not arrived, and have them put together: the batch's id."""
    body = announced(path, scenario)
    batch = platform.post("/v1/reduction-batches", body, f"file-{scenario}-{body['sha256']}")["id"]
    base = f"/v1/reduction-batches/{batch}/parts"
    parts = list(cut(path, part_bytes))
    found = platform.get(base)
    if not found["complete"]:
        waiting = [each for each in parts if each not in found["parts"]]
        print(f"batch {batch}: {len(parts) - len(waiting)} of {len(parts)} parts have arrived", flush=True)
        for at in range(0, len(waiting), TOGETHER):
            put_parts(platform, base, path, waiting[at : at + TOGETHER], part_bytes)
        platform.post(f"{base}/complete", {"parts": len(parts)}, f"complete-{batch}")
    return str(batch)


def put_parts(platform: Platform, base: str, path: Path, parts: list[dict[str, Any]], part_bytes: int) -> None:
    """Addresses end after an hour, so each try asks for new ones: with a key that no try before had."""
    opened = platform.post(base, {"parts": parts}, f"parts-{os.urandom(8).hex()}")
    with path.open("rb") as file:
        for address in opened["parts"]:
            file.seek((address["number"] - 1) * part_bytes)
            content = file.read(part_bytes)
            request = urllib.request.Request(address["url"], content, address["headers"], method="PUT")
            patiently(request).close()
            print(f"part {address['number']}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--platform", default="http://127.0.0.1:8000")
    parser.add_argument("--part-mib", type=int, default=PART_BYTES >> 20)
    given = parser.parse_args()
    try:
        follow(Platform(given.platform, os.environ["TOKEN"]), given)
    except Refused as refused:
        raise SystemExit(str(refused)) from None


def follow(platform: Platform, given: argparse.Namespace) -> None:
    """Send the file, and print how far it is until it is done."""
    batch = send(platform, given.file, given.scenario, given.part_mib << 20)
    while (found := platform.get(f"/v1/reduction-batches/{batch}"))["status"] in {"awaiting_upload", "processing"}:
        print(
            f"{found['status']}: {found['converted'] + found['reported'] + found['refused']} of {found['lines']} lines"
        )
        time.sleep(2)
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
