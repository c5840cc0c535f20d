"""The shape of the code: imports go downwards, and each library has one importer (docs/architecture.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import graphlift

PACKAGE = Path(graphlift.__file__).parent
LAYERS = (
    "engine",
    "source",
    "syntax",
    "index",
    "resolve",
    "values",
    "models",
    "interp",
    "callgraph",
    "facts",
    "verdict",
    "rules",
    "decision",
    "plan",
    "fixes",
    "ide",
    "worker",
    "verify",
    "lsp",
    "cli",
)
"""From the bottom up. A module may import its own layer and those before it."""

UPWARDS = {("facts", "verdict")}
"""Nothing: kept so that an exception has to be written down here."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno
            if node.module == "graphlift":
                for alias in node.names:
                    yield f"graphlift.{alias.name}", node.lineno


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path) -> None:
    layer = layer_of(path)
    if layer in ("__init__", "__main__"):
        return
    rank = LAYERS.index(layer)
    for name, line in imports(path):
        parts = name.split(".")
        if parts[0] == "graphlift" and len(parts) > 1 and parts[1] != "__version__":
            target = parts[1]
            assert LAYERS.index(target) <= rank, (
                f"{path}:{line}: {layer} imports {target}, which stands above it"
            )


SINGLE_IMPORTERS = {
    "astroid": "syntax",
    "pygls": "lsp",
    "lsprotocol": "lsp",
    "jedi": "resolve",
    "click": "cli",
    "rich": "cli",
}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_library_has_one_importer(path: Path) -> None:
    for name, line in imports(path):
        home = SINGLE_IMPORTERS.get(name.partition(".")[0])
        assert home is None or layer_of(path) == home, f"{path}:{line}: only {home}/ imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_tensorflow_is_imported_by_the_agent_alone(path: Path) -> None:
    if "agent" in path.relative_to(PACKAGE).parts:
        return
    for name, line in imports(path):
        assert name.partition(".")[0] not in {"tensorflow", "keras", "tf_keras", "numpy"}, f"{path}:{line}"


def test_the_agent_needs_the_standard_library_and_tensorflow_alone() -> None:
    allowed = set(sys.stdlib_module_names) | {"tensorflow", "keras", "tf_keras", "numpy", "absl"}
    agent = PACKAGE / "verify" / "agent"
    siblings = {path.stem for path in agent.glob("*.py")}
    for path in agent.rglob("*.py"):
        for name, line in imports(path):
            own = name.startswith("graphlift.verify.agent") or name.partition(".")[0] in siblings
            assert own or name.partition(".")[0] in allowed, f"{path}:{line}: the agent imports {name}"


@pytest.mark.parametrize("command", [["--version"], ["--help"]])
def test_the_command_line_starts_without_the_analysis(command: list[str]) -> None:
    script = (
        "import sys\n"
        "from graphlift.cli.main import main\n"
        f"sys.argv = ['graphlift', *{command!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "loaded = {'astroid', 'jedi', 'tensorflow'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_language_server_process_does_not_import_the_analysis() -> None:
    script = (
        "import sys\nimport graphlift.lsp.server\n"
        "loaded = {'astroid', 'jedi', 'tensorflow', 'graphlift.interp'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 640, "split the file: it does too many things"
