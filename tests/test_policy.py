"""The policy: limits in a file of their own."""

from __future__ import annotations

import hashlib

import pytest

from evenhand.audit.policy import Limit, Policy, load_policy
from evenhand.errors import SettingsError

TEXT = """
name = "Lending"
[[limit]]
metric = "demographic_parity_ratio"
attribute = "sex x race"
min = 0.8
decide_on = "point"
waive = ["Other"]
"""


@pytest.fixture
def file(tmp_path):
    def file(text: str):
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return file


def problems(path, known=()):
    with pytest.raises(SettingsError) as caught:
        load_policy(path, known)
    return {item.where.removeprefix(f"{path}: "): item.message for item in caught.value.problems}


def test_a_policy_is_read_with_its_sum(file):
    path = file(TEXT)
    policy = load_policy(path, ["demographic_parity_ratio"])
    assert policy.name == "Lending"
    assert policy.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert policy.limits[0].attributes == ("sex", "race")
    assert (policy.limits[0].confidence, policy.limits[0].min_group_size) == (0.95, None)


def test_a_policy_without_a_name_is_called_after_its_file(file):
    assert load_policy(file(TEXT.replace('name = "Lending"', ""))).name == "policy.toml"


def test_a_limit_needs_a_bound(file):
    found = problems(file('[[limit]]\nmetric = "m"\nattribute = "sex"'))
    assert found == {
        "limit[0]": "a limit needs min or max (or both), got neither; write for example: max = 0.1"
    }


def test_a_lower_bound_above_the_upper_is_refused(file):
    found = problems(file('[[limit]]\nmetric = "m"\nattribute = "sex"\nmin = 2\nmax = 1'))
    assert "min must not be above max, got min = 2.0 and max = 1.0" in found["limit[0]"]


def test_an_empty_policy_is_refused(file):
    assert problems(file('name = "x"'))["limit"].startswith("limit is needed")


def test_a_single_table_is_told_from_a_list_of_limits(file):
    assert "[[limit]]" in problems(file('[limit]\nmetric = "m"'))["limit"]


def test_every_problem_is_told_with_its_path(file):
    found = problems(
        file(
            '[[limit]]\nmetric = 1\nattribute = "a"\nmax = 1\n'
            '[[limit]]\nmetric = "m"\nattribute = "a"\nmx = 1'
        )
    )
    assert set(found) == {"limit[0].metric", "limit[1].mx"}


def test_unknown_metrics_get_a_suggestion(file):
    found = problems(file(TEXT), ["demographic_parity_ratios", "accuracy"])
    assert found["limit[0].metric"].endswith("did you mean 'demographic_parity_ratios'?")


@pytest.mark.parametrize(
    "line", ["confidence = 1", "min_group_size = 0", 'decide_on = "both"', 'waive = "Other"']
)
def test_values_that_break_a_rule_are_refused(file, line):
    found = problems(file(f'[[limit]]\nmetric = "m"\nattribute = "a"\nmax = 1\n{line}'))
    assert list(found) == [f"limit[0].{line.split()[0]}"]


def test_limits_of_the_settings_make_a_policy_with_a_stable_sum():
    limits = [Limit(metric="m", attribute="a", max=0.1)]
    assert Policy.of(limits).sha256 == Policy.of(limits).sha256
    assert Policy.of(limits).sha256 != Policy.of([Limit(metric="m", attribute="a", max=0.2)]).sha256
