"""What every analysing command shares: options, configuration, the workspace and its progress."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from graphlift.source import config
from graphlift.source.rule_names import rule_names

if TYPE_CHECKING:
    from graphlift.ide.workspace import Progress, Workspace

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Options(msgspec.Struct, frozen=True):
    """The values of the options that `analysis_options` adds, as given."""

    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    interpreter: str | None = None
    keras: int | None = None
    tensorflow: str | None = None
    config: str | None = None
    quiet: bool = False


def analysis_options(command: _Command) -> _Command:
    """Add the options that say how to analyse; the command takes them with `options_of(**kwargs)`."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Print results alone: no progress, no summary."),
        click.option(
            "--config",
            type=click.Path(exists=True, dir_okay=False),
            help="Configuration file, instead of the nearest graphlift.toml or pyproject.toml.",
        ),
        click.option(
            "--tensorflow", metavar="VERSION", help='Assume this TensorFlow release, such as "2.15".'
        ),
        click.option("--keras", type=click.IntRange(2, 3), help="Assume this major version of Keras."),
        click.option(
            "--python",
            "interpreter",
            metavar="PATH",
            type=click.Path(exists=True),
            help="Python interpreter whose packages the code uses.",
        ),
        click.option(
            "--select",
            multiple=True,
            metavar="RULE",
            help="Report only this rule, whatever the configuration selects (may be repeated).",
        ),
        click.option(
            "--ignore", multiple=True, metavar="RULE", help="Don't report this rule (may be repeated)."
        ),
        click.option(
            "--exclude",
            multiple=True,
            metavar="PATTERN",
            help="Leave out files that match this gitignore pattern (may be repeated).",
        ),
    ):
        command = option(command)
    return command


def options_of(**values: Any) -> Options:
    """The options among a command's keyword arguments."""
    return msgspec.convert({name: values[name] for name in Options.__struct_fields__}, Options)


def settings_for(paths: Sequence[str], options: Options) -> config.Settings:
    """The settings for these paths: the configuration file's, overridden by the options.

    Raises `click.ClickException` (exit code 2) for a configuration that can't be used.
    """
    if options.config is not None:
        found: config.Configuration | config.ConfigurationError | None = config.load(Path(options.config))
    else:
        found = config.find(_common_directory(paths))
    if isinstance(found, config.ConfigurationError):
        raise click.ClickException(str(found))
    settings = (found or config.Configuration()).settings
    changes: dict[str, object] = {}
    for name in ("interpreter", "keras", "tensorflow"):
        value = getattr(options, name)
        if value is not None:
            changes[name] = value
    overridden = config.from_mapping(changes)
    if isinstance(overridden, config.SettingError):
        raise click.ClickException(f"--{overridden.message}")
    check_rules((*options.select, *options.ignore))
    if options.select:
        changes["select"] = options.select
    return msgspec.structs.replace(
        settings,
        exclude=(*settings.exclude, *options.exclude),
        ignore=(*settings.ignore, *options.ignore),
        base=settings.base or os.getcwd(),  # noqa: PTH109 - a symbolic link in it stays.
        **changes,
    )


def check_rules(names: Sequence[str]) -> None:
    """Raise `click.ClickException` for a name that is no rule's."""
    for name in names:
        if name not in rule_names():
            raise click.ClickException(config.no_such_rule(name))


def open_workspace(roots: Sequence[str], settings: config.Settings) -> Workspace:
    """A workspace over these roots. The seam at which tests put another one."""
    from graphlift.ide.workspace import Workspace

    absolute = [os.path.abspath(root) for root in roots]  # noqa: PTH100 - links stay as written.
    return Workspace(absolute, settings, notebooks=True)


def analysed(roots: Sequence[str], options: Options) -> Workspace:
    """A workspace over these roots whose evidence is complete."""
    workspace = open_workspace(roots, settings_for(roots, options))
    with _progress(options.quiet) as report, _uncollected():
        workspace.settle(report)
    if workspace.left_out:
        click.echo(
            f"graphlift: {workspace.left_out:,} files are not analysed, because there are more than "
            f"{workspace.settings.max_files:,} (setting max-files).",
            err=True,
        )
    return workspace


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave cyclic garbage where it is: there is little, and looking for it takes a fifth of the time (dm-sonnet).

    What lives at the end lives as long as the command, so it is not looked through later either.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.freeze()
            gc.enable()


def shown_path(path: str) -> str:
    """A path as people see it: relative to the current directory, POSIX separators."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # Another drive.
        relative = path
    return relative.replace(os.sep, "/")


def _common_directory(paths: Sequence[str]) -> str:
    """The deepest directory that holds all paths."""
    absolute = [os.path.abspath(path) for path in paths]  # noqa: PTH100
    try:
        common = os.path.commonpath(absolute)
    except ValueError:  # Different drives.
        common = absolute[0]
    return common if Path(common).is_dir() else str(Path(common).parent)


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A progress bar on standard error while the body runs; none when nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Analysing", total=None)
        yield lambda state: bar.update(
            task, completed=state.done, total=state.total or None, description=state.message
        )
