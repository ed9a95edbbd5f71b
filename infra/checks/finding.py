"""What a check has to say."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake. rule: a short name, the same for all mistakes of a kind."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"
