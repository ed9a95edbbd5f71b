"""Embedding services, the laptop's and one whose faults tests choose, and the application's embedder before that."""

from collections.abc import AsyncIterator, Iterator

import openai
import pytest

from local.asgi_server import serving
from local.embedding_service import create_app
from local.minilm import Embedding, MiniLM
from shared.embeddings.embedder import Embedder
from tests.embedder.embedders import embedder_of
from tests.embedder.openai_service import KEY, MODELS, OpenAIService

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


@pytest.fixture(scope="module")
async def one_embedder(one_openai_service: OpenAIService) -> AsyncIterator[Embedder]:
    async with embedder_of(one_openai_service.base_url, MODELS[0], KEY) as embedder:
        yield embedder


@pytest.fixture
def embedder(one_embedder: Embedder, openai_service: OpenAIService) -> Embedder:
    """With the key that the service takes."""
    return one_embedder
