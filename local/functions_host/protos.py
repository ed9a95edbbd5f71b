"""The messages of the worker protocol, as far as the runtime looks at them.

`azure_functions_runtime` never imports protobuf: it reads attributes and builds answers from the `protos` module that
it is handed, so this module stands in for the generated one. Names and values are FunctionRpc.proto's.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar


@dataclass(slots=True)
class RpcException:
    message: str = ""
    stack_trace: str = ""
    source: str = ""


@dataclass(slots=True)
class StatusResult:
    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1
    Cancelled: ClassVar[int] = 2

    status: int
    exception: RpcException | None = None


@dataclass(slots=True)
class TypedData:
    """A union: the one field that is not None is the value."""

    string: str | None = None
    json: str | None = None
    bytes: builtins.bytes | None = None
    int: builtins.int | None = None
    double: float | None = None
    http: RpcHttp | None = None

    def WhichOneof(self, group: str) -> str | None:  # protobuf's name
        return next((name for name in self.__slots__ if getattr(self, name) is not None), None)


@dataclass(slots=True)
class RpcHttp:
    """A request on the way in, a response on the way out."""

    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    body: TypedData = field(default_factory=TypedData)
    status_code: str = ""
    cookies: list[RpcHttpCookie] | None = None
    enable_content_negotiation: bool = False


@dataclass(slots=True)
class NullableString:
    value: str


@dataclass(slots=True)
class NullableBool:
    value: bool


@dataclass(slots=True)
class NullableDouble:
    value: float


@dataclass(slots=True)
class Timestamp:
    seconds: int


@dataclass(slots=True)
class NullableTimestamp:
    value: Timestamp


@dataclass(slots=True)
class RpcHttpCookie:
    # Not a class, because a class body cannot name a member None.
    SameSite: ClassVar[SimpleNamespace] = SimpleNamespace(**{"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})

    name: str
    value: str
    domain: NullableString | None = None
    path: NullableString | None = None
    expires: NullableTimestamp | None = None
    secure: NullableBool | None = None
    http_only: NullableBool | None = None
    same_site: int = 0
    max_age: NullableDouble | None = None


@dataclass(slots=True)
class ParameterBinding:
    name: str
    data: TypedData

    def WhichOneof(self, group: str) -> str:  # protobuf's name
        return "data"  # the other choice is shared memory, which this host does not offer


@dataclass(slots=True)
class BindingInfo:
    out: ClassVar[int] = 1
    inout: ClassVar[int] = 2
    undefined: ClassVar[int] = 0

    type: str
    data_type: int | None = None
    direction: int | None = None


class _Message(SimpleNamespace):
    """A message that the runtime fills in and nobody but this host reads."""


class WorkerMetadata(_Message): ...


class WorkerInitResponse(_Message): ...


class RpcFunctionMetadata(_Message): ...


class RpcRetryOptions(_Message): ...


class FunctionMetadataResponse(_Message): ...


class FunctionLoadResponse(_Message): ...


class InvocationResponse(_Message): ...


@dataclass(slots=True)
class TraceContext:
    trace_parent: str
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RetryContext:
    retry_count: int = 0
    max_retry_count: int = 0
    exception: RpcException = field(default_factory=RpcException)


@dataclass(slots=True)
class InvocationRequest:
    invocation_id: str
    function_id: str
    input_data: list[ParameterBinding]
    trace_context: TraceContext
    retry_context: RetryContext
    trigger_metadata: dict[str, TypedData] = field(default_factory=dict)


@dataclass(slots=True)
class WorkerRequest:
    """The envelope: `request.<name>` holds the message."""

    name: str
    request: SimpleNamespace
    properties: dict[str, Any]
