"""Embedding services, the laptop's and one whose faults tests choose, and the application's embedder before that."""

from collections.abc import AsyncIterator, Iterator

import openai
import pytest

from local.asgi_server import serving
from local.embedding_service import create_app
from local.minilm import Embedding, MiniLM
from shared.embedder import Embedder
from shared.embedder_identity import vault_key
from shared.vault import Secret, Vault
from tests.conftest import KeptSecrets
from tests.embedder.openai_service import KEY, MODELS, OpenAIService, running_service

LAPTOP_KEY = "c2VjcmV0LWtleS1mb3ItdGVzdHM="


class CountingModel(MiniLM):
    """Knows how many texts it was given."""

    count = 0

    def embed(self, text: str, dimensions: int) -> Embedding:
        self.count += 1
        return super().embed(text, dimensions)


@pytest.fixture(scope="session")
def model() -> CountingModel:
    return CountingModel()


@pytest.fixture(scope="session")
def service(model: CountingModel) -> Iterator[str]:
    """The base URL that OpenAI's client is given."""
    with serving(create_app(model, lambda: [LAPTOP_KEY])) as url:
        yield f"{url}/v1"


@pytest.fixture(scope="session")
def client(service: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=service, api_key=LAPTOP_KEY, max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def one_openai_service() -> Iterator[OpenAIService]:
    with running_service() as service:
        yield service


@pytest.fixture
def openai_service(one_openai_service: OpenAIService) -> OpenAIService:
    """A service that answers, until a test says otherwise."""
    one_openai_service.reset()
    return one_openai_service


@pytest.fixture(scope="module")
async def one_embedder(one_openai_service: OpenAIService) -> AsyncIterator[Embedder]:
    key = vault_key(Vault(KeptSecrets(Secret("openai-api-key", KEY, "1"))))
    embedder = Embedder(one_openai_service.base_url, MODELS[0], lambda _: key)
    await embedder.begin()
    yield embedder
    await embedder.close()


@pytest.fixture
def embedder(one_embedder: Embedder, openai_service: OpenAIService) -> Embedder:
    """With the key that the service takes."""
    return one_embedder
