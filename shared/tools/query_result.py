"""Rows as tools return them: columns, and a list a row."""

from typing import Any, Self

from pydantic import BaseModel, Field

from shared.invocation import Answer


class ResultColumn(BaseModel):
    """A column of the result."""

    name: str
    type: str = Field(description="PostgreSQL's name of the type")


class QueryResult(BaseModel):
    """Rows as the caller may see them."""

    columns: list[ResultColumn]
    rows: list[list[Any]] = Field(
        description="One list a row, in the order of the columns. Dates and times are ISO 8601 text, UTC."
    )
    row_count: int = Field(description="Number of rows returned here")
    truncated: bool = Field(description="True when the query has more rows than max_rows")

    @classmethod
    def of(cls, answer: Answer, **more: Any) -> Self:
        """An answer in this shape, unchecked, for its values are JSON already. more: what a subclass adds."""
        return cls.model_construct(
            columns=[ResultColumn(name=column.name, type=column.type) for column in answer.columns],
            rows=answer.rows,
            row_count=len(answer.rows),
            truncated=answer.truncated,
            **more,
        )


class ResultPage(QueryResult):
    """Rows that may go on."""

    next_cursor: str | None = Field(
        description="For the next rows: the same call with this as cursor. Null on the last page."
    )
    note: str | None = Field(description="What to mind when you use these rows; null when nothing")
