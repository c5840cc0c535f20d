import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphlift.source.discover import discover
from graphlift.source.ignore import parse_ignore


def make(root: Path, *files: str) -> None:
    for name in files:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")


def found(root: Path, *roots: str, **options: object) -> list[str]:
    result = discover([str(root / name) for name in roots] or [str(root)], **options)
    assert list(result.files) == sorted(result.files)
    return [os.path.relpath(file, root) for file in result.files]


def test_what_is_left_out(tmp_path):
    make(tmp_path, "b.py", "a/__init__.py", "a/x.py", "a/x.pyi", "a/data.txt", "weird name.py")
    make(
        tmp_path,
        ".venv/lib/x.py",
        ".hidden/x.py",
        "node_modules/x.py",
        "__pycache__/x.py",
        "build/lib/x.py",
        "dist/x.py",
        "env/pyvenv.cfg",
        "env/lib/x.py",
        "conda/conda-meta/history",
        "conda/lib/x.py",
        "lib/site-packages/x.py",
        "a.egg-info/x.py",
    )
    (tmp_path / "dir.py").mkdir()
    assert found(tmp_path) == ["a/__init__.py", "a/x.py", "b.py", "weird name.py"]


def test_named_roots_are_looked_at_whatever_they_are_called(tmp_path):
    make(tmp_path, "lib/site-packages/pkg/x.py", "build/y.py", "script", ".hidden/z.py")
    assert found(tmp_path, "lib/site-packages/pkg", "build/y.py", "script", ".hidden") == [
        ".hidden/z.py",
        "build/y.py",
        "lib/site-packages/pkg/x.py",
        "script",
    ]


def test_each_file_once_when_roots_overlap(tmp_path):
    make(tmp_path, "a/x.py")
    assert found(tmp_path, ".", "a", "a/x.py") == ["a/x.py"]


def test_links(tmp_path):
    make(tmp_path, "real/x.py", "outside/y.py")
    make(tmp_path, "proj/z.py")
    (tmp_path / "proj" / "loop").symlink_to(tmp_path / "proj", target_is_directory=True)
    (tmp_path / "proj" / "linked.py").symlink_to(tmp_path / "outside" / "y.py")
    (tmp_path / "proj" / "alias.py").symlink_to("z.py")
    (tmp_path / "proj" / "dangling.py").symlink_to("nowhere.py")
    assert found(tmp_path / "proj") == ["linked.py", "z.py"]


def test_missing_root_gives_nothing(tmp_path):
    assert found(tmp_path, "nowhere") == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may list everything")
def test_unreadable_directory_is_told(tmp_path):
    make(tmp_path, "a/x.py", "b.py")
    (tmp_path / "a").chmod(0)
    result = discover([str(tmp_path)])
    (tmp_path / "a").chmod(0o755)
    assert result.unreadable == (str(tmp_path / "a"),)


def test_exclude(tmp_path):
    make(tmp_path, "a/gen/x.py", "a/y_pb2.py", "b/gen/x.py", "migrations/m.py", "keep/keep.py")
    options = {"exclude": ("a/gen", "*_pb2.py", "migrations/"), "base": str(tmp_path)}
    assert found(tmp_path, **options) == ["b/gen/x.py", "keep/keep.py"]


def test_ignore_files_count_inside_a_repository_alone(tmp_path):
    make(tmp_path, "p/.gitignore", "p/a.py", "p/gen/b.py", "p/sub/.gitignore", "p/sub/c.py", "p/sub/d.py")
    (tmp_path / "p/.gitignore").write_text("gen/\nc.py\nd.py\n")
    (tmp_path / "p/sub/.gitignore").write_text("!d.py\n")
    assert len(found(tmp_path / "p")) == 4
    (tmp_path / "p/.git/info").mkdir(parents=True)
    assert found(tmp_path / "p") == ["a.py", "sub/d.py"]
    assert found(tmp_path) == ["p/a.py", "p/sub/d.py"]
    assert found(tmp_path / "p" / "sub") == ["d.py"]
    assert len(found(tmp_path / "p", respect_gitignore=False)) == 4
    (tmp_path / "p/.git/info/exclude").write_text("a.py\n")
    assert found(tmp_path / "p") == ["sub/d.py"]


# `b**/c.py` is not among them: the manual gives it a meaning that git itself does not always follow.
PATTERNS = [
    "a",
    "a/",
    "/a",
    "a/b",
    "*.py",
    "!*.py",
    "!a",
    "**/b",
    "a/**",
    "a/**/c.py",
    "**",
    "*",
    "!/a/b",
    "?.py",
    "[ab].py",
    "[!a].py",
    "[a-c]/",
    "[]a].py",
    "[a",
    "\\!x.py",
    "\\#x.py",
    "#x.py",
    "a\\",
    "b ",
    "c.py\\ ",
    "a*/b?c",
    "**b",
    "[[:alpha:]].py",
    "/*",
    "/**/c.py",
    "x.py",
    "",
    "!",
    "//a",
    "a//b",
]
PATHS = ["a", "b", "a.py", "b.py", "c.py", "x.py", "!x.py", "#x.py", "]", "].py", "b c", "abc", "ab"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    if shutil.which("git") is None:
        pytest.skip("git is the judge of its own patterns")
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    patterns=st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4),
    paths=st.lists(
        st.lists(st.sampled_from(PATHS), min_size=1, max_size=3).map("/".join),
        min_size=1,
        max_size=6,
        unique=True,
    ),
)
def test_git_agrees_on_every_pattern(repository, patterns, paths):
    """`git check-ignore` says the same, parents first as a walk meets them."""
    (repository / ".gitignore").write_text("\n".join(patterns) + "\n")
    run = subprocess.run(
        ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=repository,
        input="\0".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 1), run.stderr
    ignored_by_git = set(filter(None, run.stdout.split("\0")))
    ignore = parse_ignore((repository / ".gitignore").read_text().split("\n"), "/r")

    def ignored(path: str) -> bool:
        parts = path.split("/")
        return any(
            ignore.verdict("/r/" + "/".join(parts[:count]), count < len(parts))
            for count in range(1, len(parts) + 1)
        )

    assert {path for path in paths if ignored(path)} == ignored_by_git
