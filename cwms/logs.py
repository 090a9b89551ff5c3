"""The lines of the log: one for each record, whatever stands in it, so that nobody can write a line of somebody else's."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime


class Plain(logging.Formatter):
    """For people: control characters of a message are escaped; the trace of an error follows on lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in record.message)
        return super().formatMessage(record)


class Json(logging.Formatter):
    """For programs: an object a line, {"at", "level", "logger", "message"}, with "trace" for errors. Times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        text = json.dumps(line, ensure_ascii=False)
        return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
