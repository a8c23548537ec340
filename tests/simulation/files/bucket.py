"""S3: objects, and an event for each that comes to ``incoming/``: at least once, late, and in any order."""

import io
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from chalicelib.edge import events
from chalicelib.triggers.uploads import RECEIVERS
from tests.simulation.baton import Death

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

WATCHED = "incoming/"
TRIES = 3  # of botocore; and of Lambda, before it gives an event up
AGAIN_SECONDS = (60, 120)
FUNCTION_SECONDS = 900.0
LISTED_MAX = 3  # of a page; 1,000 in life


@dataclass
class Object:
    """``etag``: of the same bytes, another each time that they are put, as where KMS encrypts them."""

    body: bytes
    etag: str


@dataclass(eq=False)
class Event:
    key: str
    due: float
    tries: int = 0


def refused(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "simulated")


class Body(io.BytesIO):
    """What botocore streams."""

    def iter_chunks(self, size: int) -> Any:
        return iter(lambda: self.read(size), b"")


class Bucket:
    """The service, and what the platform takes for its client of it."""

    def __init__(self, sim: "Simulation") -> None:
        self.sim = sim
        self.objects: dict[str, Object] = {}
        self.events: list[Event] = []
        self._uploads: dict[str, dict[int, bytes]] = {}
        self._numbers = itertools.count()

    def put(self, key: str, body: bytes) -> None:
        """An object is made, by whomever."""
        self.objects[key] = Object(body, f'"{next(self._numbers)}"')
        if key.startswith(WATCHED):
            delays = self.sim.rng.choice(((0, 1), (0, 1), (1, 90)))
            self.events.append(Event(key, self.sim.now + self.sim.rng.uniform(*delays)))

    # what the platform asks

    def put_object(self, *, Key: str, Body: bytes, IfNoneMatch: str = "", **_: Any) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            if IfNoneMatch and Key in self.objects:
                raise refused("PreconditionFailed", 412)
            self.put(Key, Body)
            return {}

        return self._tried("puts", once)

    def head_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            found = self._found(Key, "404")
            return {"ContentLength": len(found.body), "ETag": found.etag}

        return self._tried("looks at a file", once)

    def get_object(self, *, Key: str, Range: str = "", IfMatch: str = "", **_: Any) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            found = self._found(Key, "NoSuchKey")
            if IfMatch and IfMatch != found.etag:
                raise refused("PreconditionFailed", 412)
            first, last = map(int, Range.removeprefix("bytes=").split("-")) if Range else (0, len(found.body))
            if Range and first >= len(found.body):
                raise refused("InvalidRange", 416)
            return {"Body": Body(found.body[first : last + 1]), "ETag": found.etag}

        return self._tried("fetches", once)

    def list_objects_v2(self, *, Prefix: str, StartAfter: str = "", **_: Any) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            found = sorted(key for key in self.objects if key.startswith(Prefix) and key > StartAfter)
            return {"Contents": [{"Key": key} for key in found[:LISTED_MAX]], "IsTruncated": len(found) > LISTED_MAX}

        return self._tried("lists files", once)

    def copy_object(
        self, *, Key: str, CopySource: dict[str, str], CopySourceIfMatch: str = "", **_: Any
    ) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            found = self._found(CopySource["Key"], "NoSuchKey")
            if CopySourceIfMatch and found.etag != CopySourceIfMatch:
                raise refused("PreconditionFailed", 412)
            self.put(Key, found.body)
            return {}

        return self._tried("copies", once)

    def create_multipart_upload(self, **_: Any) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            upload = f"upload-{next(self._numbers)}"
            self._uploads[upload] = {}
            return {"UploadId": upload}

        return self._tried("begins a file", once)

    def upload_part(self, *, UploadId: str, PartNumber: int, Body: bytes, **_: Any) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            self._uploads[UploadId][PartNumber] = Body
            return {"ETag": f'"{next(self._numbers)}"'}

        return self._tried("puts a part", once)

    def complete_multipart_upload(
        self, *, Key: str, UploadId: str, MultipartUpload: dict[str, Any], **_: Any
    ) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            parts = self._uploads[UploadId]
            self.put(Key, b"".join(parts[each["PartNumber"]] for each in MultipartUpload["Parts"]))
            return {}

        return self._tried("ends a file", once)

    def generate_presigned_post(self, bucket: str, key: str, **options: Any) -> dict[str, Any]:
        return {"url": "https://bucket.example.com/", "fields": {"key": key, **options["Fields"]}}

    def generate_presigned_url(self, operation: str, *, Params: dict[str, str], **_: Any) -> str:
        return f"https://bucket.example.com/{Params['Key']}"

    def _found(self, key: str, code: str) -> Object:
        if key not in self.objects:
            raise refused(code, 404)
        return self.objects[key]

    def _tried(self, what: str, once: Any) -> dict[str, Any]:
        """As botocore's mode "standard" does it: an answer that is lost may have been for what was done."""
        sim = self.sim
        for attempt in range(1, TRIES + 1):
            sim.outside(what)
            try:
                return self._once(once)
            except (ConnectTimeoutError, ReadTimeoutError):
                if attempt == TRIES:
                    raise
            except ClientError as error:
                if error.response["Error"]["Code"] != "SlowDown" or attempt == TRIES:
                    raise
            sim.baton.sleep(sim.rng.random() * 2 ** (attempt - 1))
        raise AssertionError

    def _once(self, once: Any) -> dict[str, Any]:
        sim = self.sim
        if "bucket" in sim.away:
            sim.seen["the bucket was away"] += 1
            sim.baton.sleep(2)
            raise ConnectTimeoutError(endpoint_url="bucket")
        if sim.happens("throttling"):
            raise refused("SlowDown", 503)
        done: dict[str, Any] = once()
        if sim.happens("lost answer"):
            sim.baton.sleep(10)
            raise ReadTimeoutError(endpoint_url="bucket")
        if sim.happens("death"):
            raise sim.death("right after it asked the bucket")
        return done


def deliver(sim: "Simulation") -> None:
    """The function that the bucket's events wake."""
    bucket = sim.bucket
    while not sim.quiet():
        due = [each for each in bucket.events if each.due <= sim.now]
        if not due:
            sim.rest(sim.rng.random() * 10)
            continue
        event = sim.rng.choice(due)
        event.due, event.tries = float("inf"), event.tries + 1  # while it is looked at
        _conclude(sim, event, done=_handled(sim, event.key))


def _handled(sim: "Simulation", key: str) -> bool:
    try:
        with sim.function(FUNCTION_SECONDS):
            made = {"bucket": {"name": "carbon-points-documents"}, "object": {"key": key}}
            events.woken(lambda event: events.arrived(event, RECEIVERS))(_Arrival(made))  # type: ignore[arg-type]
    except (Death, Exception):  # noqa: BLE001 - as Lambda sees it: it tries again
        return False
    return True


@dataclass
class _Arrival:
    """What a handler looks at of EventBridge's event."""

    detail: dict[str, Any]


def _conclude(sim: "Simulation", event: Event, *, done: bool) -> None:
    """It is gone, or retried: because it failed, or for no reason."""
    if not done and event.tries < TRIES:
        event.due = sim.now + AGAIN_SECONDS[event.tries - 1]
    elif done and sim.happens("duplicate event"):
        sim.seen["a file's event came twice"] += 1
        event.due = sim.now + sim.rng.choice((0, 5, 90))
    else:
        sim.seen["a file's event was given up"] += not done
        sim.bucket.events.remove(event)
