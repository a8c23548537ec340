"""DynamoDB's stream to each of the app's consumers, as Lambda does it: in order, in batches, at least once.

A consumer that raises gets its batch again, for ever. One that names the Records it failed for gets them again a few
times, as on Lambda; then they are given up, and a line says so.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

_BATCH_RECORDS = 1000  # changes, as many as DynamoDB gives at once: about every fifth is a Record
_POLL_SECONDS = 0.1  # while there is room in a batch; Lambda polls four times a second
_MANY, _WINDOW_SECONDS = 100, 1.0  # after so many changes, wait for more: trips that come together share their sums
_RETRY_SECONDS = (0.1, 5.0)
_TRIES = 10  # of a Record that its consumer has named as failed; some twenty seconds
_log = logging.getLogger("stream")

Handler = Callable[[dict[str, Any]], Any]
_Failure = (BotoCoreError, ClientError)


def client() -> "DynamoDBStreamsClient":
    """One whose records are JSON all the way down, as Lambda hands them over. botocore would look at each value of each
    record: a third of a consumer's processor time.
    """
    session = botocore.session.get_session()
    model = session.get_component("data_loader").load_service_model("dynamodbstreams", "service-2")
    model["shapes"]["Record"]["document"] = True
    # dynoxide's shard ids are shorter than botocore allows
    return boto3.Session(botocore_session=session).client("dynamodbstreams", config=Config(parameter_validation=False))


class NotTaken(Exception):
    """The consumer named failed records: they are retried, and those behind them."""


@dataclass(frozen=True)
class StreamPump:
    """Reads one table's stream for ``consumer``, one of ``consumers``.

    Its own position stands in the ``positions`` table, noted after each batch is done.
    """

    streams: "DynamoDBStreamsClient"
    dynamodb: "DynamoDBClient"
    table: str
    positions: str
    consumer: str
    consumers: Sequence[str]
    handle: Handler
    stop: threading.Event
    failures: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Pump until a stop is requested. Whatever fails is tried again from the last noted position."""
        pauses = _pauses(*_RETRY_SECONDS)
        while not self.stop.is_set():
            try:
                if self._round():
                    pauses = _pauses(*_RETRY_SECONDS)
            except Exception as error:  # noqa: BLE001 (never skipping means surviving everything)
                _log.warning("stream, %s: %s: %s; trying again", self.consumer, type(error).__name__, error)
                self.stop.wait(next(pauses))

    def _round(self) -> bool:
        """All shards, parents before children, until each is finished or there is no more to do. Was there any?"""
        arn = self.dynamodb.describe_table(TableName=self.table)["Table"]["LatestStreamArn"]
        shards = self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        lively = False
        for shard in shards:  # listed oldest first
            finished = "EndingSequenceNumber" in shard.get("SequenceNumberRange", {}) and len(shards) > 1
            lively |= self._shard(arn, shard["ShardId"], until_empty=finished)
        return lively

    def _shard(self, arn: str, shard: str, *, until_empty: bool) -> bool:
        iterator: str | None = self._iterator(arn, shard)
        lively = False
        while iterator and not self.stop.is_set():
            answer = self.streams.get_records(ShardIterator=iterator, Limit=_BATCH_RECORDS)
            iterator, records = answer.get("NextShardIterator"), answer["Records"]
            if records:
                self._deliver(arn, shard, records)
                lively = True
            elif until_empty:
                break
            if len(records) < _BATCH_RECORDS and not until_empty:
                self.stop.wait(_POLL_SECONDS if len(records) < _MANY else _WINDOW_SECONDS)
        return lively

    def _iterator(self, arn: str, shard: str) -> str:
        kept = self.dynamodb.get_item(TableName=self.positions, Key=self._key(arn, shard), ConsistentRead=True).get(
            "Item"
        )
        if kept:
            try:
                return self.streams.get_shard_iterator(
                    StreamArn=arn,
                    ShardId=shard,
                    ShardIteratorType="AFTER_SEQUENCE_NUMBER",
                    SequenceNumber=kept["sequence"]["S"],
                )["ShardIterator"]
            except self.streams.exceptions.TrimmedDataAccessException:
                _log.warning("stream: the last position is gone; reading from the oldest record there is")
        return self.streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]

    def _deliver(self, arn: str, shard: str, records: Any) -> None:
        """The consumer's turn; then, and only then, the position. A crash between them repeats the batch."""
        answer = self.handle({"Records": [record | {"eventSourceARN": arn} for record in records]})
        reported = answer.get("batchItemFailures", []) if isinstance(answer, Mapping) else []
        again = self._to_repeat({each["itemIdentifier"] for each in reported})
        sequences = [record["dynamodb"]["SequenceNumber"] for record in records]
        begin = next((place for place, sequence in enumerate(sequences) if sequence in again), len(sequences))
        if begin:
            self._note(arn, shard, sequences[begin - 1])
        if begin < len(sequences):
            raise NotTaken(f"{len(again)} records")

    def _to_repeat(self, failed: set[str]) -> set[str]:
        """Without those that have failed often enough: others wait behind them."""
        self.failures.update(failed)
        spent = {sequence for sequence in failed if self.failures[sequence] >= _TRIES}
        if spent:
            _log.error("stream, %s: gave up on records %s", self.consumer, ", ".join(sorted(spent)))
        return failed - spent

    def _note(self, arn: str, shard: str, sequence: str) -> None:
        position = {
            "table": {"S": self.table},
            "shard": {"S": f"{arn}#{shard}"},
            "consumer": {"S": self.consumer},
            "consumers": {"SS": list(self.consumers)},
            "sequence": {"S": sequence},
        }
        self.dynamodb.put_item(TableName=self.positions, Item=self._key(arn, shard) | position)

    def _key(self, arn: str, shard: str) -> dict[str, Any]:
        return {"pk": {"S": f"{arn}#{shard}#{self.consumer}"}}


def _pauses(first: float, longest: float) -> Iterator[float]:
    while True:
        yield first
        first = min(first * 2, longest)
