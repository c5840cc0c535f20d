from graphlift.rules.base import all_rules
from graphlift.rules.notices import all_notices
from graphlift.source.rule_names import rule_names


def test_names_are_those_of_the_discovered_rules_and_notices():
    found = {rule.name for rule in all_rules()} | {notice.name for notice in all_notices()}
    assert set(rule_names()) == found
    assert {"convertible", "unused-suppression", "tensor-as-bool"} <= found
    assert not {"base", "notices", "-words", "--init--"} & found


def test_a_notice_is_documented_like_a_rule():
    for notice in all_notices():
        assert notice.title.endswith(".")
        for heading in ("Why this matters in a graph", "Example", "Use instead", "What this rule cannot see"):
            assert f"\n## {heading}\n" in notice.text
