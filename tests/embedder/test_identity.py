"""Who the embedder says it is: by a token of the managed identity, or by the vault's key."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from shared.embeddings.embedder import Embedder
from shared.embeddings.identity import ApiKey, open_api_key
from shared.errors import EmbedderFailure
from shared.vault import Secret, Vault
from tests.conftest import KeptSecrets, settings_for
from tests.embedder.openai_service import MODELS, OpenAIService
from tests.identity_endpoint import IdentityEndpoint, serving_identity

pytestmark = pytest.mark.anyio

VAULT = Vault(KeptSecrets(Secret("openai-api-key", "sk-hunter2", "1")))
AZURE = "https://zava.openai.azure.com/openai/v1"
CLIENT_ID = "7d1b3c36-5a0f-4d5b-9a38-0d0d6c1f2b11"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityEndpoint]:
    with serving_identity("token of the identity", monkeypatch) as endpoint:
        yield endpoint


@pytest.fixture
async def closing() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as closing:
        yield closing


def key_for(base_url: str, closing: AsyncExitStack) -> ApiKey:
    settings = replace(settings_for("postgresql://unused"), openai_base_url=base_url, azure_client_id=CLIENT_ID)
    return open_api_key(settings, VAULT, closing)


async def test_on_azure_the_identity_gets_one_token_for_many_texts(
    endpoint: IdentityEndpoint, openai_service: OpenAIService
) -> None:
    openai_service.keys = {"token of the identity"}
    embedder = Embedder(openai_service.base_url, MODELS[0], lambda stack: key_for(AZURE, stack))
    for text in ("paint", "brush"):
        await embedder.embed([text])
    await embedder.close()
    assert len(openai_service.requests) == 2
    [request] = endpoint.requests
    assert request == {
        "resource": "https://cognitiveservices.azure.com",
        "client_id": CLIENT_ID,
        "api-version": "2019-08-01",
        "header": "secret of the instance",
    }


async def test_every_azure_domain_gets_a_token(endpoint: IdentityEndpoint, closing: AsyncExitStack) -> None:
    for domain in ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"):
        assert await key_for(f"https://zava.{domain}/openai/v1", closing)() == "token of the identity"


async def test_nobody_else_gets_one(endpoint: IdentityEndpoint, closing: AsyncExitStack) -> None:
    for host in ("api.openai.com", "127.0.0.1:7074", "openai.azure.com.example", "azopenai.azure.com"):
        assert await key_for(f"https://{host}/v1", closing)() == "sk-hunter2"
    assert not endpoint.requests


async def test_without_a_token_it_is_a_failure_and_the_endpoint_not_quoted(
    endpoint: IdentityEndpoint, closing: AsyncExitStack
) -> None:
    endpoint.failing = True
    with pytest.raises(EmbedderFailure) as failure:
        await key_for(AZURE, closing)()
    assert "hunter2" not in str(failure.value)
    assert failure.value.__suppress_context__
