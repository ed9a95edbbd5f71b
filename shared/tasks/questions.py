"""What a task asks its client in the middle, and what of the client's answers the task takes.

A tool asks as in any call, by an InputRequiredResult, and is called again with the answers and the state that it left,
by any instance, so it keeps nothing else. Clients see its names with the round's number before them: no key may come
twice in the life of a task.
"""

import json
from dataclasses import dataclass
from typing import Any

from mcp import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CreateMessageResult,
    CreateMessageResultWithTools,
    ElicitResult,
    InputRequiredResult,
    InputResponseRequestParams,
    ListRootsResult,
)
from pydantic import TypeAdapter, ValidationError

from shared.tasks.store import JsonObject, Task

MOST_ROUNDS = 10
MOST_REQUESTS = 10
"""Of one round."""
MAX_REQUEST_BYTES = 100_000
"""Of a round's requests together, as JSON; the same of the state that the tool leaves."""
MAX_RESPONSE_BYTES = 100_000
"""Of one answer, as JSON."""

_RESPONSES: dict[str, TypeAdapter[Any]] = {
    "elicitation/create": TypeAdapter(ElicitResult),
    "sampling/createMessage": TypeAdapter(CreateMessageResult | CreateMessageResultWithTools),
    "roots/list": TypeAdapter(ListRootsResult),
}
"""What answers each kind of request."""


@dataclass(frozen=True)
class Question:
    """One round: requests by the tool's names, and what the tool wants to know again when they are answered."""

    requests: JsonObject
    state: str | None


def question(asked: InputRequiredResult, task: Task) -> Question:
    """What the tool asks; raises MCPError where that is nothing or too much."""
    requests = {name: _json_of(request) for name, request in (asked.input_requests or {}).items()}
    if not requests:
        raise MCPError(INTERNAL_ERROR, "The tool waits for input and asks for none.")
    if task.rounds >= MOST_ROUNDS:
        raise MCPError(INTERNAL_ERROR, f"The tool asked in more than {MOST_ROUNDS} rounds.")
    if len(requests) > MOST_REQUESTS or max(_size(requests), _size(asked.request_state)) > MAX_REQUEST_BYTES:
        raise MCPError(INTERNAL_ERROR, "The tool asked for too much at once.")
    return Question(requests, asked.request_state)


def shown(task: Task) -> JsonObject:
    """What the task still asks, as its client sees it."""
    return {_key(task, name): request for name, request in (task.input_requests or {}).items()}


def taken(task: Task, given: object) -> JsonObject:
    """The answers, by the tool's names, to what the task still asks; others are nobody's. Raises MCPError."""
    if not isinstance(given, dict):
        raise MCPError(INVALID_PARAMS, "inputResponses is not an object")
    asked = {_key(task, name): (name, request["method"]) for name, request in (task.input_requests or {}).items()}
    return {name: _checked(key, method, given[key]) for key, (name, method) in asked.items() if key in given}


def round_params(task: Task) -> InputResponseRequestParams:
    """With what the tool is called again."""
    return InputResponseRequestParams.model_validate(
        {"inputResponses": task.input_responses, "requestState": task.request_state}
    )


def responses_of(params: InputResponseRequestParams) -> JsonObject | None:
    """What the client had been asked before its call became a task."""
    return {name: _json_of(response) for name, response in (params.input_responses or {}).items()} or None


def _checked(key: str, method: str, response: object) -> object:
    """What is wrong with the content, the tool finds: as in a call, it may ask again."""
    try:
        _RESPONSES[method].validate_python(response)
    except ValidationError as error:
        raise MCPError(INVALID_PARAMS, f"inputResponses: {key} does not answer {method}") from error
    if _size(response) > MAX_RESPONSE_BYTES:
        raise MCPError(INVALID_PARAMS, f"inputResponses: {key} has more than {MAX_RESPONSE_BYTES} bytes")
    return response


def _key(task: Task, name: str) -> str:
    return f"{task.rounds}.{name}"


def _json_of(part: Any) -> JsonObject:
    value: JsonObject = part.model_dump(by_alias=True, mode="json", exclude_none=True)
    return value


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
