"""The service as OpenAI's own client finds it."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import openai
import pytest

from local.embedding_model import MODEL
from local.embedding_service import MOST_BYTES
from local.state import StateFolder
from tests.embedder.conftest import LAPTOP_KEY, CountingModel
from tests.processes import eventually
from tests.stack import PLAIN

SECRET = "openai-api-key"
LONG = "hammer " * 254


def test_a_text_alone_and_in_a_list_has_the_same_vector_in_both_encodings(client: openai.OpenAI) -> None:
    texts = ["claw hammer", LONG, "½ inch pipe", "paint brush"]
    written = client.embeddings.create(model=MODEL, input=texts, encoding_format="float")
    packed = client.embeddings.create(model=MODEL, input=texts)  # the client asks for base64
    alone = [client.embeddings.create(model=MODEL, input=text).data[0].embedding for text in texts]
    vectors = [entry.embedding for entry in packed.data]
    assert [entry.index for entry in packed.data] == [0, 1, 2, 3]
    assert {len(vector) for vector in vectors} == {1536}
    assert vectors == alone == [entry.embedding for entry in written.data]
    assert (written.model, written.usage.prompt_tokens, written.usage.total_tokens) == (MODEL, 269, 269)


def test_base64_is_asked_for_on_the_wire_and_answered(service: str) -> None:
    body = {"model": MODEL, "input": "saw", "encoding_format": "base64", "dimensions": 384}
    answer = httpx2.post(
        f"{service}/embeddings", json=body, headers={"authorization": f"Bearer {LAPTOP_KEY}"}, verify=PLAIN
    ).json()
    assert answer["object"] == "list"
    assert len(answer["data"][0]["embedding"]) == 384 * 4 * 4 // 3


def test_vectors_are_as_long_as_asked(client: openai.OpenAI) -> None:
    assert len(client.embeddings.create(model=MODEL, input="saw", dimensions=512).data[0].embedding) == 512


def test_another_key_is_refused_whatever_else_is_wrong(service: str) -> None:
    for key in ("guessed", LAPTOP_KEY[:-1], f"{LAPTOP_KEY}=", "ключ".encode().decode("latin-1")):
        answer = httpx2.post(
            f"{service}/embeddings", headers={b"authorization": f"Bearer {key}".encode("latin-1")}, verify=PLAIN
        )
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_api_key"
        assert key not in answer.text
    with openai.OpenAI(base_url=service, api_key="guessed") as stranger, pytest.raises(openai.AuthenticationError):
        stranger.embeddings.create(model=MODEL, input="saw")


def test_another_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        client.embeddings.create(model="text-embedding-3-small", input="saw")
    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["saw", ""]}, "input"),
        ({"input": ["saw"] * 2049}, "input"),
        ({"input": "saw " * 9000}, "input"),
        ({"input": [2156, 102]}, "input"),
        ({"input": None}, "input"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": 1537}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"model": 7}, "model"),
    ],
)
def test_bad_input_is_a_bad_request_that_names_it(client: openai.OpenAI, wrong: dict[str, object], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model=MODEL, input="saw", extra_body=wrong)
    assert refused.value.type == "invalid_request_error"
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/embeddings", b"not JSON", 400),
        ("POST", "/embeddings", b'{"input": "\\ud83d", "model": "x"}', 400),
        ("POST", "/embeddings", b" " * (MOST_BYTES + 1), 413),
        ("GET", "/embeddings", b"", 405),
        ("POST", "/chat/completions", b"{}", 404),
    ],
)
def test_what_is_no_request_for_embeddings_gets_an_error_of_openais_shape(
    service: str, method: str, path: str, body: bytes, status: int
) -> None:
    headers = {"authorization": f"Bearer {LAPTOP_KEY}"}
    answer = httpx2.request(method, f"{service}{path}", content=body, headers=headers, verify=PLAIN)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_query_does_not_wait_for_the_end_of_a_long_list(client: openai.OpenAI, model: CountingModel) -> None:
    with ThreadPoolExecutor(1) as threads:
        before = model.count
        listed = threads.submit(client.embeddings.create, model=MODEL, input=[LONG] * 8)
        eventually(lambda: model.count > before, "the list's beginning")
        client.embeddings.create(model=MODEL, input="saw")
        assert not listed.done()
        assert len(listed.result().data) == 8


def test_what_nobody_waits_for_any_more_is_not_done(client: openai.OpenAI, model: CountingModel) -> None:
    before = model.count
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.5).embeddings.create(model=MODEL, input=[LONG] * 2048)
    client.embeddings.create(model=MODEL, input="saw")
    stopped = model.count
    client.embeddings.create(model=MODEL, input=["saw"] * 3)
    assert model.count == stopped + 3
    assert stopped - before < 2048


def test_the_process_takes_whatever_key_the_state_folder_has_and_stays_small(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    command = [sys.executable, "-m", "local.embedding_service", "--state", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("listening ").strip()
        [key] = folder.secret_values()[SECRET]
        with openai.OpenAI(base_url=f"{url}/v1", api_key=key["value"], max_retries=0) as client:
            assert len(client.embeddings.create(model=MODEL, input=[LONG] * 4).data) == 4
            folder.secrets.write_text(json.dumps({SECRET: [{"version": "2", "value": "another"}]}))
            with pytest.raises(openai.AuthenticationError):
                client.embeddings.create(model=MODEL, input="saw")
            assert client.with_options(api_key="another").embeddings.create(model=MODEL, input="saw").data
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.send_signal(signal.SIGTERM)
        process.wait(5)
    [peak] = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
    assert peak < 350 * 1024
