"""What is run: the programs, the examples, and the code of the literate pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from graphlift.source.config import Settings
from tests.mdtest.harness import static
from tests.mdtest.harness.page import Section, read_page

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests" / "programs"
PAGES = ROOT / "tests" / "mdtest"
EXAMPLES = {"examples/training_loop": "train.py"}

WEAK_SELF = "TensorFlow holds `self` weakly: a decorated method of an object that is gone gets `None`"

PROMOTION = "what is said of operators' dtypes holds where `experimental_enable_numpy_behavior` is not called"

CHANGED_ELSEWHERE = (
    "a value that another function changes by way of a dictionary, a namespace or a closure: the verdict knows of the "
    "change, the value shown does not"
)
OTHER_CLASS = "`os.environ` is no `dict` but works like one"
ALWAYS_RAISES = "a branch that raises when traced is held to be unreachable in eager code too"
READ_MAKES = "a `defaultdict` has more entries after it was read"
PYTHON_RESULT = "the text that a `tf.function` returns is a tensor only where it runs as one"
MANAGER = "the context manager that `tf.init_scope()` gives is shown under the function's name"
OBJECT_NEW = "what `super().__new__(cls)` gives is held to be `None`"
METACLASS = "a class is shown as an object of its metaclass"
WRAPPED = "a `property`, `staticmethod` or `classmethod` that is made by a call is shown as that call"
LIST_OF_ONE = "a list of one that a NumPy function gives comes back as the one in eager code"
ASSUMED = "what nobody is seen to pass is assumed to be one tensor, and is a structure of tensors"
EMPTY_MAP = "`map_fn` over no element gives an array of another shape in eager code"
KNOWN = {
    "rules/dtype-mismatch.md::NumPy's promotion is switched on": PROMOTION,
    "catalogue/graph-tensor-leak.md::A `defaultdict` that makes its entries when they are read": READ_MAKES,
    "fixes/removals.md::Text, asked for what it is first": PYTHON_RESULT,
    "rules/unseen-code.md::A method that runs what a setting names": OTHER_CLASS,
    "values/others-callees.md::A dictionary that a helper makes": CHANGED_ELSEWHERE,
    "values/others-callees.md::Twin: the helper keeps it too": CHANGED_ELSEWHERE,
    "values/others-callees.md::Twin: the helper gives the same one each time": CHANGED_ELSEWHERE,
    "values/others-iterators.md::Twin: an element that somebody keeps": CHANGED_ELSEWHERE,
    "values/others-named-tuples.md::Twin: a method that writes state": CHANGED_ELSEWHERE,
    "values/others-named-tuples.md::Its own `__new__`": CHANGED_ELSEWHERE,
    "values/others-spellings.md::Whether eager execution is on at all": MANAGER,
    "values/others-spellings.md::Twin: whether this is executed eagerly": MANAGER,
    "catalogue/dataset-fn-host-call.md::A callback that counts and prints": CHANGED_ELSEWHERE,
    "catalogue/raise-in-tensor-branch.md::A branch of `tf.cond`": ALWAYS_RAISES,
    "rules/method-on-temporary.md::A method of an object that is made for one call": WEAK_SELF,
    "rules/frozen-state.md::Attributes and globals by way of their dictionaries": CHANGED_ELSEWHERE,
    "rules/frozen-state.md::A dictionary inside a dictionary, and one that a `partial` holds": CHANGED_ELSEWHERE,
    "values/attribute-protocol.md::A property that is made by a call": WRAPPED,
    "values/attribute-protocol.md::Twin: its getter only reads": WRAPPED,
    "values/attribute-protocol.md::The setter of such a property, and what the constructor gives it": WRAPPED,
    "values/attribute-protocol.md::A method of the class that is made by a call": WRAPPED,
    "values/attribute-protocol.md::Twin: functions in a class's body, as they are, static and as a graph": WRAPPED,
    "values/flags-that-are-set.md::Twin: a callback that need not be called": EMPTY_MAP,
    "rules/no-tensor-computation.md::Twin: NumPy's function stands in the graph on purpose": LIST_OF_ONE,
    "values/nests.md::Twin: a structure that is changed under another name": ASSUMED,
    "values/what-uses-show.md::Twin: its entries have names": ASSUMED,
    "values/objects-that-are-kept.md::A pool in `__new__`": OBJECT_NEW,
    "values/objects-that-are-kept.md::Twin: a `__new__` that makes another one": OBJECT_NEW,
    "values/objects-that-are-kept.md::A metaclass": METACLASS,
    "values/objects-that-are-kept.md::Twin: a metaclass that registers": METACLASS,
    "rules/frozen-state.md::The environment": OTHER_CLASS,
}
"""Blocks of the pages that are known to be unsound, and why. Each must still be."""


TEXT = "`numpy()` of a string of unknown dtype gives `bytes`, and is taken for an array"
CLASS_SET_UP = "a class decorator sets an attribute of the class; its base class has another value"
KNOWN_PROGRAMS = {
    "checkpoint_keeper": "variables in a list that a `tf.function` is given are tensors in it",
    "decorated_utils": TEXT,
    "gnn_molecules": TEXT,
    "metrics_board": "`cls` of a class method is the class that has it, not the subclass that it is called on",
    "multi_task": CLASS_SET_UP,
    "tokeniser_pipeline": TEXT,
    "transformer_serving": "`tf.DType.max` gives a NumPy scalar",
}
"""Programs in which a value is known to be unsound, and why. Each must still be; the verdicts are right."""

AS_WRITTEN = frozenset(
    {
        "asr_front_end",
        "bandit_service",
        "checkpoint_keeper",
        "cyclegan_lab",
        "decorated_utils",
        "gnn_molecules",
        "image_service",
        "metrics_board",
        "multi_task",
        "notebook_export",
        "tokeniser_pipeline",
        "transformer_serving",
    }
)
"""Programs with a `tf.function` that returns Python values: they are tensors only where it runs as one."""


@dataclass(frozen=True)
class Program:
    """A folder with a driver. `keras` is the major version that it runs under."""

    name: str
    root: Path
    entry: str = "main.py"
    keras: int = 3
    settings: Settings = field(default_factory=Settings)


def programs() -> list[Program]:
    """The realistic programs and the examples."""
    entries = json.loads((PROGRAMS / "programs.json").read_text("utf-8"))
    found = [Program(entry["name"], PROGRAMS / entry["name"]) for entry in entries]
    return found + [Program(name, ROOT / name, entry) for name, entry in EXAMPLES.items()]


def pages() -> list[Path]:
    """The pages of literate tests."""
    return sorted(path for path in PAGES.rglob("*.md") if path.name != "README.md")


def sections(page: Path, place: Path) -> list[Program]:
    """The tests of a page, written to folders in `place`. Those that are edited later are left as they are first."""
    found = []
    for number, section in enumerate(read_page(page)):
        root = place / f"{page.stem}_{number}"
        root.mkdir()
        found.append(_written(section, root))
    return found


def _written(section: Section, root: Path) -> Program:
    static.write(section, root)
    settings = static.settings(section, root)
    name = f"{section.page.relative_to(PAGES).as_posix()}::{section.title}"
    return Program(name, root, section.entry.name, settings.keras or 3, settings)
