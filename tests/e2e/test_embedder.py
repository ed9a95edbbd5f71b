"""The embedder of a started stack: it answers with the folder's key, and its end is told."""

import json
import os
import signal
from pathlib import Path

import openai

from local.parts import application_settings, listens
from local.state import StateFolder
from tests.processes import eventually
from tests.stack import RunningStack, started_stack

SECRET = "openai-api-key"


def embedded(stack: RunningStack, text: str) -> list[float]:
    """What the application would get, by the settings and the secret that it has."""
    state = StateFolder(stack.state)
    settings = application_settings(state, stack.noted["environment"], stack.noted["ports"])
    key = json.loads(state.secrets.read_text())[SECRET][0]["value"]
    with openai.OpenAI(base_url=settings["OPENAI_BASE_URL"], api_key=key, max_retries=0) as client:
        return client.embeddings.create(model=settings["EMBEDDING_MODEL"], input=text).data[0].embedding


def test_the_applications_settings_lead_to_embeddings(stack: RunningStack) -> None:
    assert len(embedded(stack, "claw hammer")) == 1536


def test_a_folder_of_before_gets_the_secret_and_the_rest_outlives_the_embedder(state: Path) -> None:
    file = state / "secrets.json"
    before = {name: versions for name, versions in json.loads(file.read_text()).items() if name != SECRET}
    file.write_text(json.dumps(before))
    with started_stack(state) as stack:
        after = json.loads(file.read_text())
        assert {name: versions for name, versions in after.items() if name != SECRET} == before
        assert file.stat().st_mode & 0o077 == 0
        # With nothing to embed, the start does not wait for it.
        eventually(lambda: listens(stack.noted["ports"]["embedder"]), "the embedder's start")
        assert len(embedded(stack, "claw hammer")) == 1536
        os.kill(stack.parts()["embedder"], signal.SIGKILL)
        told = "the embedder ended by itself with code -9; the rest goes on"
        eventually(lambda: told in " ".join((state / "start.log").read_text().split()), "the report")
        assert stack.process.poll() is None
