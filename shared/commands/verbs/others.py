"""Verbs that need neither settings nor services."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from pathlib import Path

from shared.commands.status import Status
from shared.commands.verbs.verb import Verb
from shared.costs.estimate import SIZES, Use

SHELLS = ("bash", "zsh", "fish")


def _add_costs(parser: ArgumentParser) -> None:
    usual = Use(calls=0)
    parser.add_argument("--calls-per-month", type=_amount, required=True, metavar="N", help="as many as are expected")
    parser.add_argument("--profile", choices=tuple(SIZES), default="dev", help="as in ZAVA_PROFILE (dev)")
    for name, what in (
        ("call_ms", "of a call, until it is answered"),
        ("concurrent", "calls that an instance works on at a time; 1: each alone, billed for a second at least"),
        ("searches", "share of calls that search by meaning"),
        ("log_kb", "kilobytes of telemetry a call"),
        ("instances", "in use on average"),
        ("backup_gb", "gigabytes of backups that are kept"),
    ):
        value = getattr(usual, name)
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=_amount, default=value, metavar="N", help=f"{what} ({value:g}, an assumption)")
    parser.add_argument("--prices", type=Path, metavar="FILE", help="another table of the same columns")


def _amount(text: str) -> float:
    """Also 1e6 and 1_000_000."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e15:
        raise ArgumentTypeError(f"{text!r} is no number, 0 or more")
    return value


def _estimate_cost(options: Namespace, _: Mapping[str, str]) -> Status:
    from shared.commands.estimate_cost import estimate_cost

    use = Use(
        calls=options.calls_per_month,
        call_ms=options.call_ms,
        concurrent=options.concurrent,
        searches=options.searches,
        log_kb=options.log_kb,
        instances=options.instances,
        backup_gb=options.backup_gb,
    )
    return estimate_cost(use, options.profile, table=options.prices, as_json=options.json)


def _add_completion(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="whose script")
    parser.add_argument("--name", default="zava", metavar="WORD", type=_word, help="what is typed in its place (zava)")


def _word(text: str) -> str:
    if not text.isascii() or not text.replace("-", "_").isidentifier():
        raise ArgumentTypeError(f"{text!r} is no word for a shell")
    return text


def _completion(options: Namespace, _: Mapping[str, str]) -> Status:
    from shared.commands.completion import print_completion

    return print_completion(options.shell, options.name, as_json=options.json)


VERBS = (
    Verb(
        name="estimate-cost",
        help="what a month on Azure costs, roughly",
        about="What infra/bicep makes, by the list prices of shared/costs/prices.csv. Status 2 where a table cannot be "
        "read.",
        keys=("usd_a_month", "lines"),
        add=_add_costs,
        run=_estimate_cost,
    ),
    Verb(
        name="completion",
        help="print what makes a shell complete these commands",
        about='For bash and zsh: eval "$(python -m shared completion bash)"; for fish: python -m shared completion '
        "fish | source. It defines the word zava, to be typed for python -m shared, in whatever folder.",
        keys=("shell", "name", "script"),
        add=_add_completion,
        run=_completion,
    ),
)
