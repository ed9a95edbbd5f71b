"""One loaded model for all tests, and the service over it."""

from collections.abc import Iterator

import openai
import pytest

from local.asgi_server import serving
from local.embedding_service import create_app
from local.minilm import Embedding, MiniLM

KEY = "c2VjcmV0LWtleS1mb3ItdGVzdHM="


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
    with serving(create_app(model, [KEY])) as url:
        yield f"{url}/v1"


@pytest.fixture(scope="session")
def client(service: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=service, api_key=KEY, max_retries=0) as client:
        yield client
