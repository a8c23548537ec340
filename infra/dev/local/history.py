"""Keeps dynoxide's stream history from slowing its writes.

dynoxide finds a record's sequence number by the greatest one so far, without an index: measured, a transaction takes
ten times longer after 8 000 of them. So we add the index, and a trigger that forgets what the stream pumps have
processed *in the same transaction* in which a pump notes its position. Both are made while the engine is stopped;
from then on the engine alone writes its file, so there is never a second writer to be careful about.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

_ORDER = "CREATE INDEX IF NOT EXISTS stream_order ON _stream_records (table_name, CAST(sequence_number AS INTEGER))"
# What every consumer has processed goes, as far as the slowest of them; one that has noted nothing yet keeps all.
# The last processed record stays: the engine numbers the next one after the greatest that it finds.
_FORGET = """CREATE TRIGGER forget_processed_{event} AFTER {event} ON "{positions}"
WHEN json_extract(NEW.item_json, '$.consumers.SS') IS NOT NULL BEGIN
  DELETE FROM _stream_records
  WHERE table_name = json_extract(NEW.item_json, '$.table.S')
    AND CAST(sequence_number AS INTEGER) < (
      SELECT CASE WHEN count(*) = json_array_length(NEW.item_json, '$.consumers.SS')
        THEN min(CAST(json_extract(item_json, '$.sequence.S') AS INTEGER)) END
      FROM "{positions}"
      WHERE json_extract(item_json, '$.shard.S') = json_extract(NEW.item_json, '$.shard.S')
        AND json_extract(item_json, '$.consumer.S') IN (
          SELECT value FROM json_each(NEW.item_json, '$.consumers.SS')));
END"""


def tame(database: Path, positions: str) -> None:
    """Index the stream history in ``database`` and make it forget. The engine must be stopped."""
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection, connection:
        if _ready(connection, positions):
            connection.execute(_ORDER)
            for event in ("INSERT", "UPDATE"):
                connection.execute(f"DROP TRIGGER IF EXISTS forget_processed_{event}")  # one of an older version
                connection.execute(_FORGET.format(event=event, positions=positions))


def is_wild(database: Path) -> bool:
    """Whether the index is missing yet. Only reads, so the engine may be running."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'stream_order'").fetchone()
    return found is None


def _ready(connection: sqlite3.Connection, positions: str) -> bool:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {"_stream_records", positions} <= tables
