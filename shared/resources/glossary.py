"""What the business means by its words, each with the SQL that measures it on this schema."""

from functools import cache
from pathlib import Path

from shared.resources.definition import ResourceDefinition

PAGE = Path(__file__).resolve().parent.parent / "pages" / "glossary.md"
GLOSSARY = "zava://glossary"
MIME_TYPE = "text/markdown"


def glossary() -> str:
    """Business terms such as revenue, margin, basket, discount and period, each with the SQL that measures it here."""
    return _page()


def glossary_resources() -> list[ResourceDefinition]:
    """The resources of this subject. The same for everybody: it holds no row."""
    return [
        ResourceDefinition(
            uri=GLOSSARY,
            function=glossary,
            title="Glossary",
            scope="catalog.read",
            mime_type=MIME_TYPE,
            icon="glossary",
            priority=0.8,
            size=len(glossary().encode()),
        )
    ]


@cache
def _page() -> str:
    return PAGE.read_text(encoding="utf-8")
