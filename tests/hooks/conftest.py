"""One directory a test, served over HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from infra.hooks.deployment import Deployment
from infra.hooks.graph import Graph
from local.asgi_server import serving
from tests.hooks.directory import Directory
from tests.stack import PLAIN

VS_CODE = "aebc6443-996d-45c2-90f0-388ff96faa56"
SERVER, KEYS, BACKUP = (f"{digit * 8}-2222-4333-8444-555555555555" for digit in "abc")
DEPLOYMENT = Deployment(
    azure_env_name="zava-dev",
    azure_tenant_id="11111111-2222-3333-4444-555555555555",
    server_object_id=SERVER,
    keys_object_id=KEYS,
    backup_object_id=BACKUP,
    zava_allowed_client_ids=VS_CODE,
)


@dataclass
class Served:
    """A directory and a client of it that waits for nothing."""

    directory: Directory
    graph: Graph
    url: str
    waited: list[float]


@pytest.fixture
def served() -> Iterator[Served]:
    directory = Directory()
    waited: list[float] = []
    with serving(directory) as base, httpx2.Client(verify=PLAIN) as http:
        url = f"{base}/v1.0"
        yield Served(directory, Graph(http, lambda: "graph-token", url=url, pause=waited.append), url, waited)
