"""Logs: one JSON object per line, readable lines under DEBUG. The standard library's loggers take the same way."""

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

import structlog

REDACTED = "[redacted]"
SENSITIVE_NAME = re.compile(r"authorization|cookie|password|secret|token|api[-_]?key", re.IGNORECASE)
RESET_LINK = re.compile(r'(/password/reset/key/)[^/\s"]+')


def request_id() -> str:
    """The id of the request being answered, "" outside of one: in each of its log lines, and its `X-Request-ID`."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def redact_names(_logger: Any, _method: str, event: Any) -> Any:
    """Hide the values of what is named like a credential, at any depth."""
    if isinstance(event, Mapping):
        return {
            name: REDACTED if SENSITIVE_NAME.search(str(name)) else redact_names(_logger, _method, value)
            for name, value in event.items()
        }
    if isinstance(event, list | tuple):
        return [redact_names(_logger, _method, value) for value in event]
    return event


def warn_of_visitors(_logger: Any, _method: str, event: Any) -> Any:
    """Make a warning of what a visitor got wrong, such as the host: Django calls it an error."""
    record = event.get("_record")
    if record and record.name.startswith("django.security."):
        return {name: value for name, value in event.items() if name != "exception"} | {"level": "warning"}
    return event


class Unforeseen(logging.Filter):
    """Of the answers with an error those that nobody foresaw: the others are in the lines of their requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None or getattr(record, "status_code", 500) == 500


class RedactText:
    """Hide the secret, and what opens an account, wherever they stand in a rendered line, tracebacks included."""

    def __init__(self, secret: str) -> None:
        self.forms = {secret, json.dumps(secret)[1:-1]} if secret else set()

    def __call__(self, _logger: Any, _method: str, line: str) -> str:
        for form in self.forms:
            line = line.replace(form, REDACTED)
        return RESET_LINK.sub(rf"\1{REDACTED}", line)


# What every line says of itself, whoever writes it.
SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure(*, debug: bool, level: str, secret: str) -> dict[str, Any]:
    """Set up structlog and return Django's LOGGING. `secret` never reaches a log, whoever writes it."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": _lines(debug=debug, secret=secret)},
        "filters": {"unforeseen": {"()": Unforeseen}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": _loggers(level),
    }


def _lines(*, debug: bool, secret: str) -> dict[str, Any]:
    renderer = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if debug
        else structlog.processors.JSONRenderer()
    )
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [
            warn_of_visitors,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact_names,
            renderer,
            RedactText(secret),
        ],
    }


def _loggers(level: str) -> dict[str, Any]:
    # Below that they repeat what pages, queries and addresses hold: tokens, sessions, and people.
    quiet = {"level": "INFO" if level == "DEBUG" else level}
    return {
        "django": {"handlers": [], "level": level, "propagate": True},
        "django.server": {"handlers": [], "level": level, "propagate": True},
        # What the visitor got wrong is in the line of the finished request already.
        "django.request": {"level": "ERROR", "filters": ["unforeseen"]},
        "django.db.backends": quiet,
        "django.template": quiet,
        "urllib3": quiet,
    }
