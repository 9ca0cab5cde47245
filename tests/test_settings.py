"""Settings: what is read, what is refused and how, and how flags lie over a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.audit.policy import Limit
from evenhand.audit.settings import Settings, load_settings, merge, parse_reference, policy_of
from evenhand.errors import SettingsError

GOOD = """
data = "loans.csv"
target = "approved"
pos_label = "yes"
sensitive = ["sex", "race", "age"]
intersections = [["sex", "race"]]
score = "p"
threshold = 0
reference = { sex = "Male" }
[bands]
age = [40, 65]
[[limit]]
metric = "demographic_parity_difference"
attribute = "sex"
max = 0.1
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "evenhand.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def messages(path) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    return {item.where.removeprefix(f"{path}: "): item.message for item in caught.value.problems}


def test_a_good_file_is_read(write):
    settings = load_settings(write(GOOD))
    assert settings.sensitive == ("sex", "race", "age")
    assert settings.bands == {"age": (40.0, 65.0)}
    assert settings.threshold == 0.0
    assert settings.limit == (Limit(metric="demographic_parity_difference", attribute="sex", max=0.1),)
    assert settings.reference == {"sex": "Male"}


def test_defaults_are_those_of_the_design():
    settings = Settings()
    assert (settings.threshold, settings.min_group_size, settings.privacy_minimum) == (0.5, 30, 10)
    assert (settings.level, settings.seed, settings.methods) == (0.95, 0, ("unaware", "reweighing"))
    assert (settings.reference, settings.encoding, settings.format) == ("largest", "utf-8", ("html", "json"))


def test_all_problems_come_at_once_each_with_its_path(write):
    path = write(
        'treshold = 0.4\nthreshold = "half"\nsensitive = "sex"\nseed = -1\npos_label = ["yes"]\n'
        'intersections = [["sex"]]\n[bands]\nage = ["x"]\nincome = [3, 2]\n'
        '[split]\ncolumn = 3\ntrain = "a"\n[[limit]]\nmetric = "m"\nattribute = "sex"\nmax = "high"\n'
        '[[limit]]\nmetric = "m"\nattribute = "sex"\n[[limit]]\nmetric = "m"\nattribut = "sex"\nmin = 1\n'
    )
    assert set(messages(path)) == {
        "treshold", "threshold", "sensitive", "seed", "pos_label", "intersections[0]", "bands.age[0]",
        "bands.income", "split.column", "split.test", "limit[0].max", "limit[1]", "limit[2].attribute",
        "limit[2].attribut",
    }  # fmt: skip


def test_an_unknown_key_gets_a_suggestion(write):
    assert messages(write("treshold = 0.4")) == {
        "treshold": "there is no key 'treshold' here; did you mean 'threshold'?"
    }


def test_a_wrong_type_says_rule_value_and_next_step(write):
    assert messages(write('sensitive = "sex"')) == {
        "sensitive": "sensitive takes a list of column names, each in quotes, got 'sex';"
        ' write for example: sensitive = ["sex", "race"]'
    }


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("threshold = 1.5", "threshold"),
        ("threshold = nan", "threshold"),
        ("threshold = true", "threshold"),
        ("min_group_size = 0", "min_group_size"),
        ("min_group_size = 2.5", "min_group_size"),
        ("privacy_minimum = -1", "privacy_minimum"),
        ("level = 1.0", "level"),
        ("explain = 1", "explain"),
        ('weight_kind = "both"', "weight_kind"),
        ('encoding = "utf-99"', "encoding"),
        ('methods = ["reweigh"]', "methods"),
        ('format = ["docx"]', "format"),
        ('reference = "biggest"', "reference"),
        ('trusted = ["abc"]', "trusted"),
        ('target = ""', "target"),
        ("bands = { age = [] }", "bands.age"),
        ("limit = 3", "limit"),
    ],
)
def test_what_breaks_a_rule_is_refused_without_jargon(write, line, where):
    found = messages(write(line))
    assert list(found) == [where]
    jargon = ("Input should", "pydantic", "validation", "type=", "tuple", "extra_forbidden")
    assert not any(word in found[where] for word in jargon)


def test_train_and_test_of_a_split_differ(write):
    found = messages(write('split = { column = "s", train = "a", test = "a" }'))
    assert found == {"split.test": "train and test must be different values, got 'a' for both"}


def test_text_that_is_no_toml_names_the_line(write):
    (message,) = messages(write("data = loans.csv")).values()
    assert message.startswith("this is not TOML")
    assert "line 1" in message


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml: a settings file must be readable: No such file"):
        load_settings(tmp_path / "none.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "latin.toml").write_bytes('title = "é"'.encode("latin-1"))
    with pytest.raises(SettingsError, match="save it again as UTF-8"):
        load_settings(tmp_path / "latin.toml")


def test_utf8_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "bom.toml").write_text('target = "年収"', encoding="utf-8-sig")
    assert load_settings(tmp_path / "bom.toml").target == "年収"


def test_a_policy_and_limits_together_are_refused(write):
    found = messages(write('policy = "p.toml"\n[[limit]]\nmetric = "m"\nattribute = "a"\nmax = 1'))
    assert found == {
        "policy": "limits stand in the settings or in a policy file, not in both; remove one of the two"
    }


def test_train_and_split_together_are_refused(write):
    found = messages(write('train = "t.csv"\nsplit = { column = "s", train = "a", test = "b" }'))
    assert list(found) == ["train"]


def test_an_unknown_metric_is_told_with_the_other_problems(write):
    text = 'target = 3\n[[limit]]\nmetric = "accuracy_diference"\nattribute = "sex"\nmax = "x"'
    with pytest.raises(SettingsError) as caught:
        load_settings(write(text), known_metrics=["accuracy_difference"])
    assert {problem.where.rpartition(": ")[2] for problem in caught.value.problems} == {
        "target",
        "limit[0].max",
        "limit[0].metric",
    }


def test_metrics_are_looked_up_in_the_catalogue(write):
    with pytest.raises(
        SettingsError, match=r"limit\[0\]\.metric: there is no metric .* did you mean 'demographic"
    ):
        load_settings(
            write(GOOD.replace("parity_difference", "parity_diference")), ["demographic_parity_difference"]
        )


def test_paths_are_relative_to_the_file_and_flags_to_the_working_folder(write, tmp_path):
    settings = load_settings(write(GOOD))
    assert settings.resolve("data") == tmp_path / "loans.csv"
    assert merge(settings, {"data": "other.csv"}).resolve("data") == Path("other.csv")
    assert merge(settings, {"seed": 3}).resolve("data") == tmp_path / "loans.csv"
    assert settings.resolve("model") is None


def test_flags_lie_over_the_file_and_none_means_not_given(write):
    merged = merge(load_settings(write(GOOD)), {"threshold": 0.3, "target": None, "sensitive": ["sex"]})
    assert (merged.threshold, merged.target, merged.sensitive) == (0.3, "approved", ("sex",))


def test_a_policy_flag_replaces_the_limits_of_the_file(write, tmp_path):
    write('[[limit]]\nmetric = "m"\nattribute = "sex"\nmin = 0.8', "policy.toml")
    merged = merge(load_settings(write(GOOD)), {"policy": str(tmp_path / "policy.toml")})
    assert policy_of(merged).limits[0].min == 0.8


def test_flags_that_break_a_rule_are_refused():
    with pytest.raises(SettingsError, match="a threshold of probabilities lies from 0 to 1, got 2"):
        merge(Settings(), {"threshold": 2.0})
    with pytest.raises(SettingsError, match="score_bins takes a whole number from 2 to 1048576"):
        merge(Settings(), {"score_bins": 1})


def test_only_the_wrong_key_is_told_where_a_default_hangs_on_it():
    with pytest.raises(SettingsError) as told:
        merge(Settings(), {"score_kind": "logit"})
    assert [problem.where for problem in told.value.problems] == ["score_kind"]


def test_real_scores_are_cut_at_zero_and_have_a_grid_of_their_own():
    real = merge(Settings(), {"score_kind": "real"})
    assert (real.threshold, real.grid.kind, real.grid.is_edge(0.0)) == (0.0, "relative", True)
    assert merge(real, {"threshold": -2.5}).grid.is_edge(-2.5)
    assert merge(real, {"score_kind": "probability"}).threshold == 0.5
    assert merge(real, {"score_distinct": True}).grid.kind == "distinct"
    assert Settings(score_bins=64, threshold=0.3).grid.to_dict() == {
        "kind": "uniform",
        "bins": 64,
        "thresholds": [0.3],
    }


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Settings().seed = 4


def test_the_record_holds_no_absolute_path():
    content = Settings(data="/home/ann/loans.csv", model="models/m.skops", out="C:\\out\\report").canonical()
    assert (content["data"], content["model"], content["out"]) == ("loans.csv", "models/m.skops", "report")


def test_the_sum_tells_settings_apart_and_not_the_order_of_keys(write):
    one = load_settings(write('target = "y"\nseed = 1', "one.toml"))
    two = load_settings(write('seed = 1\ntarget = "y"', "two.toml"))
    assert one.sha256 == two.sha256
    assert one.sha256 != merge(one, {"seed": 2}).sha256


def test_references_are_read_from_flags():
    assert parse_reference(["sex=Male", "race=a=b"]) == {"sex": "Male", "race": "a=b"}
    assert parse_reference(["all_pairs"]) == "all_pairs"
    with pytest.raises(SettingsError, match="did you mean 'largest'"):
        parse_reference(["largets"])


@pytest.mark.parametrize("key", ["data", "train", "model", "policy", "answers", "out"])
@pytest.mark.parametrize("path", ["a\0b.csv", "x" * 256, f"folder/{'ü' * 128}.csv"])
def test_paths_that_no_system_takes(key, path):
    with pytest.raises(SettingsError, match=f"{key}: a path holds no null character"):
        merge(Settings(), {key: path})
