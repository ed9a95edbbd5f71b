# PYTHON_ARGCOMPLETE_OK
"""Operator commands: `python -m shared VERB`, with the settings of the server in the environment."""

import os
import sys
from collections.abc import Mapping, Sequence


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit status of one command."""
    from shared.commands.parser import make_parser  # late, so that Ctrl-C finds somebody at home

    parser = make_parser()
    if "_ARGCOMPLETE" in environ:  # a shell asks what could be typed next
        import argcomplete

        argcomplete.autocomplete(parser)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    status: int = options.verb.run(options, environ)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], os.environ))
    except KeyboardInterrupt:
        sys.exit(130)
