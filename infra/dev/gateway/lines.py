"""What the app tells its operators, for a reader instead of CloudWatch: one short line an event, tracebacks whole."""

import logging
from typing import Any

_IN_THE_LINE_ANYWAY = {"stage", "event", "_aws", "request"}  # the same in every line, or of use to CloudWatch only


class Readable(logging.Formatter):
    """``12:04:18.175 INFO request route=POST /v1/redemptions role=individual status=201 ms=9.3``."""

    default_time_format, default_msec_format = "%H:%M:%S", "%s.%03d"

    def formatMessage(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] | None = getattr(record, "fields", None)
        listed = (
            {} if fields is None else {name: value for name, value in fields.items() if name not in _IN_THE_LINE_ANYWAY}
        )
        words = [f"{name}={value}" for name, value in listed.items() if value is not None]
        return " ".join([self.formatTime(record), record.levelname, record.getMessage(), *words])


def show() -> None:
    """Log to standard error, which is a file of the run's folder."""
    handler = logging.StreamHandler()
    handler.setFormatter(Readable())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
