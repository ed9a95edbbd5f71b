"""Any question of the data."""

from typing import Annotated

from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.types import EmbeddedResource, TextResourceContents
from pydantic import Field

from shared.prompts.definition import Line, ScopedPrompt, prompt, quoted, words
from shared.resources.glossary import GLOSSARY, MIME_TYPE, glossary

MAX_QUESTION = 1_000


def question_prompts() -> list[ScopedPrompt]:
    """The prompts of this subject."""

    def sales_question(
        question: Annotated[Line, Field(description="In your own words", max_length=MAX_QUESTION)],
    ) -> list[Message]:
        """A question about sales, stock or customers, answered from the data and with the glossary's definitions."""
        contents = TextResourceContents(uri=GLOSSARY, mime_type=MIME_TYPE, text=glossary())
        return [
            UserMessage(words("sales_question", question=quoted(question))),
            UserMessage(EmbeddedResource(type="resource", resource=contents)),
        ]

    return [prompt(sales_question, "Sales question", icon="question")]
