"""A client that knows tasks: the SDK's, with the extension."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

from mcp import Client, MCPError
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.types import CallToolResult, Request, RequestParams, Result
from pydantic import ConfigDict

EXTENSION = "io.modelcontextprotocol/tasks"
END_SECONDS = 15


class Told(Result):
    """Whatever the server says of a task."""

    model_config = ConfigDict(extra="allow")


class Handle(Result):
    """The answer to a call that became a task."""

    result_type: Literal["task"] = "task"
    task_id: str
    status: str
    created_at: str
    last_updated_at: str
    ttl_ms: int
    poll_interval_ms: int


class TaskParams(RequestParams):
    task_id: str
    input_responses: Any = None


class TaskRequest(Request[TaskParams, str]):
    name_param = "taskId"


class KnowsTasks(ClientExtension):
    """Follows a task to its end, as an agent's client does."""

    identifier = EXTENSION

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=Handle, resolve=self._resolve)]

    async def _resolve(self, handle: Handle, context: ClaimContext) -> CallToolResult:
        told = await _until_it_ends(context.session, handle.task_id)
        return CallToolResult.model_validate(told["result"])


async def called(client: Client, query: str, **arguments: Any) -> Handle | CallToolResult:
    """What execute_sales_query answers at first."""
    answer = await client.session.call_tool(
        "execute_sales_query", {"postgresql_query": query, **arguments}, allow_claimed=True
    )
    assert isinstance(answer, Handle | CallToolResult)
    return answer


async def task_by(client: Client, tool: str, **arguments: Any) -> str:
    """The id of a task for a call of any tool."""
    answer = await client.session.call_tool(tool, arguments, allow_claimed=True)
    assert isinstance(answer, Handle), answer
    return answer.task_id


async def task_of(client: Client, query: str) -> str:
    """The id of a task for the query."""
    answer = await called(client, query)
    assert isinstance(answer, Handle), answer
    return answer.task_id


async def ask(client: Any, method: str, task_id: str, **params: Any) -> dict[str, Any]:
    """The answer to tasks/…; client: a Client or its session."""
    session = getattr(client, "session", client)
    told: Told = await session.send_request(
        TaskRequest(method=method, params=TaskParams(task_id=task_id, **params)), Told
    )
    return told.model_dump(by_alias=True, mode="json", exclude_none=True)


async def ended(client: Client, task_id: str) -> dict[str, Any]:
    """The task when it has ended."""
    return await _until_it_ends(client.session, task_id)


async def answer(client: Client, task_id: str, **names: str) -> None:
    """Answers requests for a name; their keys are written `_1_first` for "1.first"."""
    responses = {key[1:].replace("_", "."): {"action": "accept", "content": {"name": names[key]}} for key in names}
    told = await ask(client, "tasks/update", task_id, input_responses=responses)
    assert told.keys() <= {"resultType", "_meta"}


async def refusal(client: Client, task_id: str, method: str = "tasks/get") -> tuple[int, str, Any]:
    """Code, message and data of the error that the server answers with."""
    try:
        told = await ask(client, method, task_id, input_responses={} if method == "tasks/update" else None)
    except MCPError as error:
        return error.error.code, error.error.message, error.error.data
    raise AssertionError(told)


async def _until_it_ends(session: Any, task_id: str) -> dict[str, Any]:
    async with asyncio.timeout(END_SECONDS):
        while (told := await ask(session, "tasks/get", task_id))["status"] == "working":
            await asyncio.sleep(0.05)
    return told
