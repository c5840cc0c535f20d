"""Names to definitions: imports in every form, re-exports, methods, bound methods, partials, callbacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphlift.ide import inspect
from graphlift.ide.workspace import Workspace
from tests.analysis.support import workspace

HELPER = "def helper(x):\n    return x\n"


@pytest.mark.parametrize(
    ("statement", "call"),
    [
        ("from pkg.sub import helper", "helper(1)"),
        ("from .sub import helper", "helper(1)"),
        ("from .sub import helper as h", "h(1)"),
        ("from . import sub", "sub.helper(1)"),
        ("import pkg.sub", "pkg.sub.helper(1)"),
        ("import pkg.sub as s", "s.helper(1)"),
        ("from pkg import exported", "exported(1)"),
        ("from .star import *", "helper(1)"),
        ("try:\n    from .sub import helper\nexcept ImportError:\n    helper = None", "helper(1)"),
        ("if True:\n    from .sub import helper", "helper(1)"),
        ("import functools\nfrom .sub import helper\np = functools.partial(helper, 1)", "p()"),
    ],
)
def test_imports(tmp_path: Path, statement: str, call: str) -> None:
    made = workspace(
        tmp_path,
        {
            "pkg/__init__.py": "from .sub import helper as exported\n",
            "pkg/sub.py": HELPER,
            "pkg/star.py": "from .sub import *\n",
            "pkg/main.py": f"{statement}\n{call}\n",
        },
    )
    callees = [callee for _, callee in inspect.calls(made, str(tmp_path / "pkg/main.py"))]
    assert callees == ["pkg.sub.helper"]


def test_a_lazy_import_in_a_function(tmp_path: Path) -> None:
    main = "def run():\n    from sub import helper\n    return helper(1)\nrun()\n"
    made = workspace(tmp_path, {"sub.py": HELPER, "main.py": main})
    assert (3, "sub.helper") in inspect.calls(made, str(tmp_path / "main.py"))


def test_methods_through_instances_inheritance_super_and_properties(tmp_path: Path) -> None:
    made = workspace(
        tmp_path,
        {
            "base.py": """
                class Base:
                    def greet(self):
                        return self.name()
                    def name(self):
                        return 1
            """,
            "main.py": """
                from base import Base
                class Child(Base):
                    def name(self):
                        return super().name()
                    @property
                    def size(self):
                        return self.greet()
                c = Child()
                c.greet()
                c.size
                m = c.name
                m()
            """,
        },
    )
    calls = inspect.calls(made, str(tmp_path / "main.py"))
    assert calls == [
        (5, "base.Base.name"),
        (8, "base.Base.greet"),
        (10, "base.Base.greet"),
        (11, "main.Child.size"),
        (13, "main.Child.name"),
    ]


@pytest.mark.parametrize(
    "call",
    [
        "tf.map_fn(body, tf.ones([3]))",
        "tf.scan(lambda a, x: body(x), tf.ones([3]))",
        "tf.cond(tf.constant(True), lambda: body(1.0), lambda: body(2.0))",
        "tf.while_loop(lambda i: i < 3, body, [tf.constant(0)])",
        "tf.data.Dataset.range(3).map(body)",
        "tf.vectorized_map(body, tf.ones([3]))",
        "sorted([1, 2], key=body)",
        "list(map(body, [1, 2]))",
        "tf.distribute.MirroredStrategy().run(body, args=(tf.ones([]),))",
    ],
)
def test_callbacks_are_calls(tmp_path: Path, call: str) -> None:
    main = f"import tensorflow as tf\ndef body(x):\n    return x\n{call}\n"
    made = workspace(tmp_path, {"main.py": main})
    assert "main.body" in {callee for _, callee in inspect.calls(made, str(tmp_path / "main.py"))}


def test_two_files_of_one_name_are_two_modules(tmp_path: Path) -> None:
    made = workspace(
        tmp_path,
        {
            "a/main.py": "from util import f\nf(1)\n",
            "a/util.py": "def f(x):\n    return x\n",
            "b/main.py": "from util import f\nf(1)\n",
            "b/util.py": "def f(x):\n    return x\n",
        },
    )
    assert inspect.calls(made, str(tmp_path / "a/main.py")) == [(2, "a.util.f")]
    assert inspect.calls(made, str(tmp_path / "b/main.py")) == [(2, "b.util.f")]


def test_a_package_that_mirrors_another_imports_the_other(tmp_path: Path) -> None:
    made = workspace(
        tmp_path,
        {
            "lib/__init__.py": "",
            "lib/sub.py": HELPER,
            "tests/lib/__init__.py": "",
            "tests/lib/test_sub.py": "from lib.sub import helper\nhelper(1)\n",
            "tests/unit/__init__.py": "",
            "tests/unit/test_sub.py": "import lib.sub\nlib.sub.helper(1)\n",
            "tests/whole/test_all.py": "import lib.sub\nlib.sub.helper(1)\n",
        },
    )
    for path in ("tests/lib/test_sub.py", "tests/unit/test_sub.py", "tests/whole/test_all.py"):
        assert [callee for _, callee in inspect.calls(made, str(tmp_path / path))] == ["lib.sub.helper"], path


def test_a_script_means_the_module_beside_it(tmp_path: Path) -> None:
    other = "def helper(x):\n    return None\n"
    files = {"sub.py": other, "app/sub.py": HELPER, "app/main.py": "from sub import helper\nhelper(1)\n"}
    made = workspace(tmp_path, files)
    assert inspect.calls(made, str(tmp_path / "app/main.py")) == [(2, "app.sub.helper")]


def test_a_root_inside_a_package_knows_the_package_around_it(tmp_path: Path) -> None:
    main = "from pkg.inner.sub import helper\nfrom ..outer import other\nhelper(1)\nother(1)\n"
    files = {
        "pkg/__init__.py": "",
        "pkg/outer.py": "def other(x):\n    return x\n",
        "pkg/inner/__init__.py": "",
        "pkg/inner/sub.py": HELPER,
        "pkg/inner/main.py": main,
    }
    workspace(tmp_path, files)
    made = Workspace([str(tmp_path / "pkg" / "inner")])
    callees = [callee for _, callee in inspect.calls(made, str(tmp_path / "pkg/inner/main.py"))]
    assert callees == ["pkg.inner.sub.helper", "~pkg.outer.other"]


def test_a_relative_import_beyond_the_top_finds_nothing(tmp_path: Path) -> None:
    files = {"sub.py": HELPER, "pkg/__init__.py": "", "pkg/main.py": "from ...sub import helper\nhelper(1)\n"}
    made = workspace(tmp_path, files)
    assert inspect.calls(made, str(tmp_path / "pkg/main.py")) == []


def test_equal_names_under_two_roots_stay_apart(tmp_path: Path) -> None:
    files = {
        "a/sub.py": HELPER,
        "a/main.py": "from sub import helper\nhelper(1)\n",
        "b/sub.py": HELPER,
        "b/main.py": "import sub\nsub.helper(1)\n",
    }
    workspace(tmp_path, files)
    made = Workspace([str(tmp_path / "a"), str(tmp_path / "b")])
    for root in ("a", "b"):
        calls = inspect.calls(made, str(tmp_path / root / "main.py"))
        assert calls == [(2, f"{root}.sub.helper")]
