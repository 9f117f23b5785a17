"""Logs: one JSON object per line, readable lines under DEBUG. Standard library loggers go the same way."""

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
    """Return the id of the current request, "" outside of one.

    Its log lines and its `X-Request-ID` have the same id.
    """
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def redact_names(_logger: Any, _method: str, event: Any) -> Any:
    """Hide the values of keys named like a credential, at any depth."""
    if isinstance(event, Mapping):
        return {
            name: REDACTED if SENSITIVE_NAME.search(str(name)) else redact_names(_logger, _method, value)
            for name, value in event.items()
        }
    if isinstance(event, list | tuple):
        return [redact_names(_logger, _method, value) for value in event]
    return event


def warn_of_visitors(_logger: Any, _method: str, event: Any) -> Any:
    """Log visitors' mistakes, such as a wrong host, as warnings: Django logs them as errors."""
    record = event.get("_record")
    if record and record.name.startswith("django.security."):
        return {name: value for name, value in event.items() if name != "exception"} | {"level": "warning"}
    return event


class Unforeseen(logging.Filter):
    """A filter that passes only unexpected error answers: the others are in the log lines of their requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None or getattr(record, "status_code", 500) == 500


class RedactText:
    """Hide the secret, and links that open an account, anywhere in a rendered line, tracebacks included."""

    def __init__(self, secret: str) -> None:
        self.forms = {secret, json.dumps(secret)[1:-1]} if secret else set()

    def __call__(self, _logger: Any, _method: str, line: str) -> str:
        for form in self.forms:
            line = line.replace(form, REDACTED)
        return RESET_LINK.sub(rf"\1{REDACTED}", line)


# What every line contains, whoever writes it.
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
    # Below that level they repeat the contents of pages, queries and addresses: tokens, sessions and people.
    quiet = {"level": "INFO" if level == "DEBUG" else level}
    return {
        "django": {"handlers": [], "level": level, "propagate": True},
        "django.server": {"handlers": [], "level": level, "propagate": True},
        # Visitors' mistakes are already in the line of the finished request.
        "django.request": {"level": "ERROR", "filters": ["unforeseen"]},
        "django.db.backends": quiet,
        "django.template": quiet,
        "urllib3": quiet,
    }
