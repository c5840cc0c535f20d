"""The entry of the `graphlift` command: finds the subcommand, and answers for how the process ends.

Exit codes: 0 nothing to report, 1 findings, 2 wrong usage or configuration, 3 internal error; 130 after
Ctrl-C and 141 when the reader of the output went away, as shells expect of a program that a signal
ended.

Subcommands are imported when they are called, so that `graphlift server` and `graphlift --version` start
without the analysis.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click

from graphlift import __version__
from graphlift.cli.exits import INTERNAL_ERROR

INTERRUPTED = 130
OUTPUT_CLOSED = 141

_COMMANDS = {
    "check": "Say of every function whether it should run as a graph.",
    "debug": "Show what a phase of the analysis holds.",
    "explain": "Say all that is known of one function, and why.",
    "fix": "Add and remove `tf.function` as the verdicts say.",
    "rule": "List the rules, or print the page of one.",
    "server": "Run the language server.",
    "verify": "Run functions eagerly and as graphs, and compare.",
}


class _Commands(click.Group):
    """Subcommands by name, imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so.
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click calls it so.
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"graphlift.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            result: object = super().invoke(ctx)
            if not sys.stdout.closed:  # The language server closes it.
                sys.stdout.flush()  # A closed pipe is met here rather than while the interpreter ends.
        except BrokenPipeError:
            # Python flushes standard output once more when it ends; let that go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(OUTPUT_CLOSED)
        return result

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click calls it so.
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 nothing to report, 1 findings, 2 wrong usage or configuration, 3 internal error.",
)
@click.version_option(__version__, "-V", "--version", message="graphlift %(version)s")
def cli() -> None:
    """Graphlift says of every TensorFlow function whether it should run as a graph, and why."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        result = cli.main(arguments, prog_name="graphlift", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        error.show()
        return 2
    except click.ClickException as error:
        click.echo(f"graphlift: {error.message}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("graphlift: interrupted", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort; expected errors are values or handled above.
        _report_crash(error)
        return INTERNAL_ERROR
    return result if isinstance(result, int) else 0


def _report_crash(error: Exception) -> None:
    frames = traceback.extract_tb(error.__traceback__)
    last = next((frame for frame in reversed(frames) if "graphlift" in frame.filename), frames[-1])
    place = "/".join(Path(last.filename).parts[-2:])
    click.echo(
        f"graphlift: internal error: {type(error).__name__}: {error} (at {place}:{last.lineno})", err=True
    )
    if os.environ.get("GRAPHLIFT_TRACEBACK"):
        click.echo("".join(traceback.format_exception(error)), err=True)
        return
    click.echo(
        "This is a bug in Graphlift, not in your code. Please report it with the output of the same command "
        "after `export GRAPHLIFT_TRACEBACK=1`.",
        err=True,
    )


if __name__ == "__main__":
    main()
