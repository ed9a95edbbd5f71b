"""What is logged, by us and by libraries: masked before any handler has it, and one JSON object a line in Azure."""

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import copy
from datetime import UTC, datetime

from shared.logs.masking import masked, masked_text
from shared.logs.trace import current_invocation, operation_of
from shared.production import is_production

MAX_CAUSES = 5
MAX_FRAMES = 30
"""Of each exception, the innermost."""

_OWN = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"})
"""What every record has; all else came as `extra`."""


def set_up_logging(environ: Mapping[str, str]) -> None:
    """For the handlers of the root logger, which the host has set by now. Doing it twice does it once."""
    if not logging.root.handlers:
        logging.basicConfig()
    # It says of each call of the older era that its session ends, and there are no sessions.
    logging.getLogger("mcp.server.streamable_http").setLevel(logging.WARNING)
    for handler in logging.root.handlers:
        if not any(isinstance(each, Masking) for each in handler.filters):
            handler.addFilter(Masking())
        if is_production(environ):
            handler.setFormatter(JsonLines())


class Masking(logging.Filter):
    """Hands a masked copy of each record on. Of exceptions kinds, messages and places stay, but no line of source."""

    def filter(self, record: logging.LogRecord) -> logging.LogRecord:
        """See Masking."""
        safe = copy(record)
        safe.msg, safe.args = _message(record), None
        if record.exc_info and isinstance(record.exc_info[1], BaseException):
            safe.exc_text = "\n".join(_told(record.exc_info[1]))
        elif record.exc_text:
            safe.exc_text = masked_text(record.exc_text)
        safe.exc_info = None
        safe.stack_info = masked_text(record.stack_info) if record.stack_info else None
        for name in vars(record).keys() - _OWN:
            setattr(safe, name, masked(getattr(record, name), name=name))
        return safe


class JsonLines(logging.Formatter):
    """A record as one line of JSON, with the operation and the invocation that it belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        """Takes what Masking hands on."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            line["exception"] = record.exc_text
        if (invocation := current_invocation.get()) is not None:
            line["invocation_id"] = invocation.id
            if invocation.trace_parent is not None:
                line["operation_id"], line["parent_id"] = operation_of(invocation.trace_parent)
        line |= {name: getattr(record, name) for name in sorted(vars(record).keys() - _OWN - line.keys())}
        return json.dumps(line, ensure_ascii=False, default=str)


def _message(record: logging.LogRecord) -> str:
    """Formatted with masked values: what is private may only show by the name of its field."""
    text = record.msg if isinstance(record.msg, str) else str(masked(record.msg))
    if args := record.args:
        # Where it cannot be formatted, whoever wrote it sees it by what is there.
        with suppress(TypeError, ValueError, KeyError):
            text %= masked(args) if isinstance(args, Mapping) else tuple(masked(each) for each in args)
    return masked_text(text)


def _told(error: BaseException) -> Iterator[str]:
    """From the first cause to the last, as Python does."""
    chain = [error]
    while len(chain) < MAX_CAUSES and (before := _before(chain[-1])) is not None and before not in chain:
        chain.append(before)
    for each in reversed(chain):
        frames = traceback.extract_tb(each.__traceback__)[-MAX_FRAMES:]
        yield from (f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
        yield f"{type(each).__qualname__}: {masked_text(str(each))}"


def _before(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)
