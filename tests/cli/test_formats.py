"""The formats that other programs read: what their readers require, and what the text says as well."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from graphlift.cli import contract, output
from graphlift.cli.output import MACHINE_FORMATS, Run, concise, github, gitlab, junit, sarif
from graphlift.source.span import Span
from graphlift.verdict import Diagnostic, Environment, FileReport, Fix, Location, Problem, Severity, TraceStep


@pytest.fixture
def run(place):
    """Findings with everything that is hard to write down."""
    path = str(place / "a b%.py")
    culprit = Location(str(place / "c.py"), Span(9, 0, 9, 3))
    first = Diagnostic(
        Location(path, Span(3, 4, 3, 9)),
        "python-side-effect",
        Severity.WARNING,
        "100% of `x`, y: \x1b <&>\nmore",
        "C.f",
        ("remove",),
        (TraceStep(Location(path, Span(3, 4, 3, 9)), "calls `g`"), TraceStep(culprit, "`LOG` changes")),
    )
    hint = Diagnostic(
        Location(path, Span(5, 0, 7, 1)), "convertible", Severity.HINT, "can run", "g", ("convert",)
    )
    twin = Diagnostic(
        Location(path, Span(6, 0, 6, 1)), "convertible", Severity.HINT, "can run", "g", ("convert",)
    )
    outside = Location(str(place.parent / "o.py"), Span(1, 0, 1, 1))
    error = Diagnostic(outside, "tensor-as-bool", Severity.ERROR, "raises", "h")
    fix = Fix("Remove it", path, (), safe=True, slug="remove", function="C.f")
    unsafe = Fix("Convert it", path, (), safe=False, slug="convert", function="g")
    reports = (
        FileReport(path, 9, (), (first, hint, twin), ()),
        FileReport(str(place / "bad.py"), 2, (), (), (Problem(str(place / "bad.py"), 2, "invalid syntax"),)),
        FileReport(str(place / "clean.py")),
        FileReport(outside.path, 1, (), (error,)),
    )
    environment = Environment("3.11", "2.21", 3, "default")
    return Run(reports, environment, 0.5, lambda name: (fix, unsafe) if name == path else ())


def test_every_format_is_on_offer_and_documented(graphlift):
    assert set(MACHINE_FORMATS) < set(output.FORMATS)
    page = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE)) == set(output.FORMATS)


def test_concise(run):
    assert concise.document(run).split("\n")[-2:] == [
        "bad.py:2:1: problem: invalid syntax",
        "../o.py:1:1: error[tensor-as-bool] raises",
    ]


def test_github(run):
    lines = github.document(run).split("\n")
    assert lines[0] == "::error title=Graphlift,file=bad.py,line=2::bad.py:2: invalid syntax"
    assert lines[1].startswith(
        "::warning title=Graphlift (python-side-effect),file=a b%25.py,line=3,endLine=3,col=5,endColumn=10::"
    )
    assert "100%25 of `x`, y: \x1b <&>%0Amore" in lines[1]
    assert lines[2].startswith("::notice ")
    assert "col=" not in lines[2].partition("::a b")[0].split("::", 2)[1], "columns hold on one line alone"
    assert lines[4].startswith("::error title=Graphlift (tensor-as-bool),")
    assert len(lines) == 5


def test_gitlab(run):
    issues = json.loads(gitlab.document(run))
    assert len(issues) == 5
    for issue in issues:
        assert set(issue) == {"check_name", "description", "severity", "fingerprint", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        place = issue["location"]
        assert ("lines" in place) != ("positions" in place)
        assert place["path"]
    assert len({issue["fingerprint"] for issue in issues}) == 5
    assert issues[1]["location"]["positions"]["begin"] == {"line": 3, "column": 5}


def test_junit(run):
    text = junit.document(run)
    root = ElementTree.fromstring(text.encode())
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("6", "4", "1")
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"a b%.py", "bad.py", "clean.py", "../o.py"}
    for suite in root:
        cases = suite.findall("testcase")
        assert len(cases) == int(suite.get("tests"))
        assert len(suite.findall("testcase/failure")) == int(suite.get("failures"))
        assert all(case.get("name") and case.get("classname") for case in cases)
    failure = suites["a b%.py"].find("testcase/failure")
    assert "\n  c.py:9:1: `LOG` changes" in failure.text
    assert "\ufffd <&>" in failure.text


def regions(value: object) -> Iterator[dict[str, int]]:
    if isinstance(value, dict):
        yield from (value[key] for key in ("region", "deletedRegion") if key in value)
        value = list(value.values())
    for inner in value if isinstance(value, list) else []:
        yield from regions(inner)


def artifacts(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        yield from (value[key] for key in ("artifactLocation",) if key in value)
        value = list(value.values())
    for inner in value if isinstance(value, list) else []:
        yield from artifacts(inner)


class TestSarif:
    @pytest.fixture
    def log(self, run):
        return json.loads(sarif.document(run))

    def test_the_log_and_its_run(self, log):
        assert log["version"] == "2.1.0"
        assert log["$schema"].endswith("sarif-schema-2.1.0.json")
        [run] = log["runs"]
        assert set(run) == {
            "tool",
            "columnKind",
            "originalUriBaseIds",
            "invocations",
            "results",
            "properties",
        }
        assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
        assert all(base["uri"].endswith("/") for base in run["originalUriBaseIds"].values())
        [invocation] = run["invocations"]
        assert invocation["executionSuccessful"] is True
        [notification] = invocation["toolExecutionNotifications"]
        assert notification["level"] == "error"
        assert notification["message"]["text"] == "invalid syntax"

    def test_rules(self, log):
        driver = log["runs"][0]["tool"]["driver"]
        assert driver["name"] == "graphlift"
        ids = [rule["id"] for rule in driver["rules"]]
        assert ids == ["convertible", "python-side-effect", "tensor-as-bool"]
        for rule in driver["rules"]:
            assert rule["shortDescription"]["text"]
            assert rule["help"]["text"]
            assert rule["help"]["markdown"].startswith(f"# {rule['id']}\n")
            assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")

    def test_results(self, log):
        [run] = log["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert [result["level"] for result in run["results"]] == ["warning", "note", "note", "error"]
        for result in run["results"]:
            assert result["message"]["text"]
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            [location] = result["locations"]
            assert {"artifactLocation", "region"} <= set(location["physicalLocation"])
        fingerprints = [result["partialFingerprints"]["graphlift/v1"] for result in run["results"]]
        assert len(set(fingerprints)) == len(fingerprints)

    def test_regions_and_files(self, log):
        found = list(regions(log))
        assert len(found) >= 8
        for region in found:
            assert all(value >= 1 for value in region.values())
            assert region["startLine"] <= region.get("endLine", region["startLine"])
        for artifact in artifacts(log):
            uri = artifact["uri"]
            assert " " not in uri
            assert ("uriBaseId" in artifact) == (not uri.startswith("file:")), artifact
        first = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert unquote(first["artifactLocation"]["uri"]) == "a b%.py"
        assert first["region"] == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 10}

    def test_the_chain_of_evidence(self, log):
        first, second, *_ = log["runs"][0]["results"]
        assert [each["message"]["text"] for each in first["relatedLocations"]] == [
            "calls `g`",
            "`LOG` changes",
        ]
        assert len({each["id"] for each in first["relatedLocations"]}) == 2
        [flow] = first["codeFlows"]
        [thread] = flow["threadFlows"]
        lines = [step["location"]["physicalLocation"]["region"]["startLine"] for step in thread["locations"]]
        assert lines == [3, 3, 9]
        assert "codeFlows" not in second

    def test_fixes_are_the_safe_ones(self, log):
        first, second, *_ = log["runs"][0]["results"]
        [fix] = first["fixes"]
        assert fix["description"]["text"] == "Remove it"
        assert set(fix["artifactChanges"][0]) == {"artifactLocation", "replacements"}
        assert "fixes" not in second

    def test_the_edit_of_a_real_fix(self, graphlift, place):
        (place / "a.py").write_text("x = 1  # graphlift: ignore\n")
        log = json.loads(graphlift("check", "a.py", "--output-format", "sarif").out)
        [result] = log["runs"][0]["results"]
        [replacement] = result["fixes"][0]["artifactChanges"][0]["replacements"]
        assert replacement == {
            "deletedRegion": {"startLine": 1, "startColumn": 6, "endLine": 1, "endColumn": 27},
            "insertedContent": {"text": ""},
        }


@pytest.mark.parametrize("name", MACHINE_FORMATS)
def test_nothing_found_is_a_whole_document(graphlift, place, name):
    (place / "a.py").write_text("x = 1\n")
    result = graphlift("check", "a.py", "--output-format", name)
    assert (result.code, result.err) == (0, "")
    if name == "junit":
        assert ElementTree.fromstring(result.out.encode()).get("failures") == "0"
    elif name != "github":
        json.loads(result.out)


def test_into_a_file(graphlift, place):
    (place / "a.py").write_text("x = 1  # graphlift: ignore\n")
    result = graphlift("check", "a.py", "--output-format", "gitlab", "-o", "report.json")
    assert (result.code, result.out) == (1, "")
    assert json.loads((place / "report.json").read_text())[0]["check_name"] == "unused-suppression"
    assert graphlift("check", "a.py", "-o", "text.txt").out == ""
    assert "warning[unused-suppression]" in (place / "text.txt").read_text()
    failed = graphlift("check", "a.py", "-o", "missing/report.txt")
    assert failed.code == 2
    assert "missing/report.txt cannot be written" in failed.err


def test_statistics_as_json(graphlift, example):
    result = graphlift("check", ".", "--statistics", "--output-format", "json")
    document = json.loads(result.out)
    assert list(document) == ["rules", "verdicts"]
    assert {"rule": "convertible", "count": 3, "fixable": True} in document["rules"]
    whole = json.loads(graphlift("check", ".", "--output-format", "json").out)
    assert document["verdicts"] == whole["summary"]["verdicts"]
    refused = graphlift("check", ".", "--statistics", "--output-format", "sarif")
    assert refused.code == 2
    assert "--statistics has no sarif form" in refused.err


def test_json_text_is_what_the_contract_says():
    assert contract.json_text([{"a": "é"}]) == '[\n  {\n    "a": "é"\n  }\n]'
