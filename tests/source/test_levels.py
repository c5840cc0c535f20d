import pytest

from graphlift.source.config import PathSettings, Settings
from graphlift.source.levels import RuleLevels


def level(path, rule, **settings):
    return RuleLevels(Settings(base="/w", **settings)).at(path).level(rule)


def test_a_rule_has_its_own_severity_unless_set():
    assert level("/w/a.py", "convertible") is None
    assert level("/w/a.py", "convertible", rules={"convertible": "error"}) == "error"
    assert level("/w/a.py", "tensor-as-bool", rules={"convertible": "error"}) is None


def test_ignored_and_not_selected_rules_are_off():
    assert level("/w/a.py", "convertible", ignore=("convertible",), rules={"convertible": "error"}) == "off"
    assert level("/w/a.py", "convertible", select=("tensor-as-bool",)) == "off"
    assert level("/w/a.py", "tensor-as-bool", select=("tensor-as-bool",)) is None
    assert level("/w/a.py", "convertible", select=()) == "off"


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("tests/", "/w/tests/unit/a.py", True),
        ("tests/**", "/w/tests/unit/a.py", True),
        ("tests", "/w/pkg/tests/a.py", True),
        ("/tests", "/w/pkg/tests/a.py", False),
        ("*_test.py", "/w/pkg/a_test.py", True),
        ("*_test.py", "/w/pkg/a_tests.py", False),
        ("tests/**", "/w/testsuite/a.py", False),
        ("tests/", "/elsewhere/tests/a.py", False),
        ("!src/**", "/w/src/a.py", False),
        ("!src/**", "/w/tools/a.py", True),
    ],
)
def test_patterns_are_those_of_gitignore(pattern, path, matches):
    given = {pattern: PathSettings(ignore=("convertible",))}
    assert (level(path, "convertible", per_path=given) == "off") is matches


def test_a_path_adds_to_the_general_settings_and_later_patterns_win():
    settings = {
        "ignore": ("convertible",),
        "rules": {"tensor-as-bool": "hint"},
        "per_path": {
            "lib/": PathSettings(rules={"tensor-as-bool": "error", "numpy-argument": "off"}),
            "lib/new/": PathSettings(rules={"tensor-as-bool": "warning"}, select=("tensor-as-bool",)),
        },
    }
    assert level("/w/a.py", "tensor-as-bool", **settings) == "hint"
    assert level("/w/lib/a.py", "tensor-as-bool", **settings) == "error"
    assert level("/w/lib/a.py", "numpy-argument", **settings) == "off"
    assert level("/w/lib/a.py", "convertible", **settings) == "off"
    assert level("/w/lib/new/a.py", "tensor-as-bool", **settings) == "warning"
    assert level("/w/lib/new/a.py", "python-result", **settings) == "off"
    assert level("/w/lib/a.py", "python-result", **settings) is None


def test_without_a_configuration_file_patterns_are_relative_to_the_root():
    levels = RuleLevels(Settings(per_path={"/a.py": PathSettings(ignore=("convertible",))}), "/root")
    assert levels.at("/root/a.py").level("convertible") == "off"
    assert levels.at("/root/sub/a.py").level("convertible") is None
