"""Rows as tools return them: columns, and a list a row."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, WrapValidator

from shared.invocation import Answer
from shared.reports.report import CURRENCY, UNITS, Report
from shared.text_rows import TextRows

Rows = Annotated[
    list[list[Any]], WrapValidator(lambda rows, check: rows if isinstance(rows, TextRows) else check(rows))
]
"""Rows as PostgreSQL wrote them need no look."""


class ResultColumn(BaseModel):
    """A column of the result."""

    name: str
    type: str = Field(description="PostgreSQL's name of the type")


class QueryResult(BaseModel):
    """Rows as the caller may see them."""

    columns: Sequence[ResultColumn]
    rows: Rows = Field(
        description="One list a row, in the order of the columns. Dates and times are ISO 8601 text, UTC."
    )
    row_count: int = Field(description="Number of rows returned here")
    truncated: bool = Field(description="True when the query has more rows than max_rows")

    @classmethod
    def of(cls, answer: Answer, **more: Any) -> Self:
        """An answer in this shape, unchecked, for its values are JSON already. more: what a subclass adds."""
        return cls.model_construct(
            **{"columns": [ResultColumn(name=column.name, type=column.type) for column in answer.columns]} | more,
            rows=answer.rows,
            row_count=len(answer.rows),
            truncated=answer.truncated,
        )

    def data(self) -> dict[str, Any]:
        """As JSON. Rows are JSON already: to dump them would make each of them anew."""
        told = self.model_copy(update={"rows": []}).model_dump(mode="json")
        told["rows"] = self.rows
        return told


class ReportColumn(ResultColumn):
    """A column with its unit; undescribed, like the rest of ReportResult, for three tools repeat it to every model."""

    type: str
    unit: str | None


class ReportResult(QueryResult):
    """A report's rows, and what they tell of. compared_with: first and last day by what they are called."""

    columns: Sequence[ReportColumn]
    rows: Rows
    row_count: int
    truncated: bool
    title: str
    period_start: str | None
    period_end: str | None
    compared_with: dict[str, list[str]]
    stores: list[str]
    currency: str
    findings: list[str]
    nothing_because: str | None
    next_cursor: str | None

    @classmethod
    def told(cls, report: Report, next_cursor: str | None = None) -> Self:
        """A report in this shape."""
        span = report.period.span if report.period else None
        return cls.of(
            report.answer,
            columns=[
                ReportColumn(name=column.name, type=column.type, unit=UNITS.get(column.name))
                for column in report.answer.columns
            ],
            title=report.title,
            period_start=span and span.first.isoformat(),
            period_end=span and span.last.isoformat(),
            compared_with={
                each.name: [each.span.first.isoformat(), each.span.last.isoformat()] for each in report.compared_with
            },
            stores=list(report.coverage.names),
            currency=CURRENCY,
            findings=list(report.findings),
            nothing_because=report.nothing_because,
            next_cursor=next_cursor,
        )


class ResultPage(QueryResult):
    """Rows that may go on."""

    next_cursor: str | None = Field(description="For the next rows: the same call with this as cursor")
    note: str | None = Field(description="What to mind when you use these rows; null when nothing")
