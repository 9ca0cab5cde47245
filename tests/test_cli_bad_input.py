"""Bad input on the command line: a clear message, exit 2, no traceback, nothing written."""

from __future__ import annotations

import pickle

import pytest

BASE = ("--target", "income", "--pos-label", ">50K", "--sensitive", "sex")
DECIDED = (*BASE, "--prediction", "decision")
SCORED = (*BASE, "--score", "p")


@pytest.fixture
def refused(cli, tmp_path, monkeypatch):
    """Run an audit that must be refused; give its message."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        before = sorted(tmp_path.rglob("*"))
        done = cli("audit", *words, "--out", "out/deep")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("error: ")
        assert "Traceback" not in done.err
        assert "Evenhand failed" not in done.err
        assert sorted(tmp_path.rglob("*")) == before
        return done.err

    return run


@pytest.fixture
def table(tested, tmp_path):
    """Write a changed table; give its path."""

    def write(**changes):
        path = tmp_path / "changed.parquet"
        tested.head(300).assign(**changes).to_parquet(path, index=False)
        return path

    return write


def test_a_missing_file(refused):
    assert "nope.csv: a file that can be read is needed" in refused("nope.csv", *DECIDED)


def test_an_empty_file_and_an_empty_table(refused, tmp_path, tested):
    (tmp_path / "empty.csv").touch()
    assert "the file is empty" in refused("empty.csv", *DECIDED)
    tested.head(0).to_csv(tmp_path / "empty.csv", index=False)
    assert "the table has none" in refused("empty.csv", *DECIDED)
    tested.head(0).to_parquet(tmp_path / "empty.parquet", index=False)
    assert "the table has none" in refused("empty.parquet", *DECIDED)


def test_columns_that_are_not_there_are_named_with_the_closest(refused, table):
    words = ("--target", "incom", "--pos-label", ">50K", "--sensitive", "sexx", "--prediction", "decison")
    message = refused(table(), *words, "--weight", "wieght", "--control", "rac")
    assert "5 problems were found" in message
    for name in ("income", "sex", "decision", "weight", "race"):
        assert f"did you mean '{name}'?" in message


def test_a_target_with_one_class(refused, table):
    assert "holds only '<=50K'" in refused(table(income="<=50K"), *DECIDED)


def test_a_positive_label_that_does_not_occur_or_is_not_named(refused, table):
    words = ("--target", "income", "--sensitive", "sex", "--prediction", "decision")
    assert "got '50K'; the column holds: '<=50K', '>50K'" in refused(table(), *words, "--pos-label", "50K")
    assert 'pos_label = ">50K"' in refused(table(), *words)


@pytest.mark.parametrize(("column", "words"), [("F", "holds only 'F'"), (None, "no value in any row")])
def test_a_sensitive_column_without_groups(refused, table, column, words):
    assert words in refused(table(sex=column), *DECIDED)


def test_a_sensitive_column_of_many_numbers(refused, table):
    assert "bands = { age = [" in refused(table(), *DECIDED, "--sensitive", "age")


def test_predictions_with_missing_values(refused, table, tested):
    gaps = tested["decision"].head(300).where(tested.index[:300] > 2)
    assert "lacks 3 of 300; every row needs a decision" in refused(table(decision=gaps), *DECIDED)


def test_probabilities_named_as_decisions(refused, table):
    assert "name it as score" in refused(table(), *BASE, "--prediction", "p")


def test_scores_that_are_no_probabilities(refused, table):
    assert "runs from -1.0 to -1.0" in refused(table(p=-1.0), *SCORED)
    assert "numbers are wanted, but 'p' holds text" in refused(table(p="high"), *SCORED)
    assert "are infinite" in refused(table(p=float("inf")), *SCORED)
    assert "every row needs one" in refused(table(p=[None] + [0.5] * 299), *SCORED)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (-1, "weights are zero or above, but 'weight' holds -1"),
        (0, "some weight must be above zero"),
        ([None] + [1.0] * 299, "lacks 1 of 300"),
        ("heavy", "numbers are wanted"),
    ],
)
def test_wrong_weights(refused, table, weight, words):
    assert words in refused(table(weight=weight), *DECIDED, "--weight", "weight")


def test_fractions_as_frequencies(refused, table):
    words = (*DECIDED, "--weight", "weight", "--weight-kind", "frequency")
    assert 'weight_kind = "survey"' in refused(table(weight=0.5), *words)


def test_a_model_that_wants_other_columns(refused, files, table, tested):
    path = table().with_name("other.parquet")
    tested.rename(columns={"age": "agee"}).to_parquet(path)
    message = refused(path, *BASE, "--model", files / "model.skops")
    assert "the model wants the column 'age'; did you mean 'agee'?" in message


def test_a_pickle_without_its_hash(refused, table, tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"not": "a model"}))
    message = refused(table(), *BASE, "--model", path)
    [digest] = [word.strip('[]";') for word in message.split() if len(word.strip('[]";')) == 64]
    assert "a model can predict_proba or predict, got dict" in refused(
        table(), *BASE, "--model", path, "--trusted", digest
    )


def test_damaged_files(refused, files, table, tmp_path):
    (tmp_path / "short.parquet").write_bytes((files / "loans.parquet").read_bytes()[:4000])
    assert "truncated or damaged" in refused("short.parquet", *DECIDED)
    (tmp_path / "short.skops").write_bytes((files / "model.skops").read_bytes()[:500])
    assert "cannot be read" in refused(table(), *BASE, "--model", "short.skops")


def test_a_csv_in_another_encoding(refused, cli, tested, tmp_path):
    rows = tested.head(300).replace({"sex": {"Male": "Männer"}})
    rows.to_csv(tmp_path / "latin.csv", index=False, encoding="latin-1")
    assert 'encoding = "latin-1"' in refused("latin.csv", *DECIDED)
    done = cli("audit", "latin.csv", *DECIDED, "--encoding", "latin-1", "--format", "json", "--out", "out")
    assert (done.code, "Männer" in done.out) == (0, True)


def test_every_problem_of_a_settings_file_with_its_path(refused, tmp_path):
    text = (
        'data = "x.csv"\ntarget = 3\npos_labl = "a"\nsensitive = "sex"\n[[limit]]\nmetric = "x"\nmax = "y"\n'
    )
    (tmp_path / "evenhand.toml").write_text(text, encoding="utf-8")
    message = refused("evenhand.toml")
    assert "6 problems were found" in message
    for path in (
        "target",
        "pos_labl",
        "sensitive",
        "limit[0].attribute",
        "limit[0].metric",
        "limit[0].max",
    ):
        assert f"evenhand.toml: {path}: " in message


def test_settings_that_are_no_toml(refused, tmp_path):
    (tmp_path / "evenhand.toml").write_text("data = loans.csv", encoding="utf-8")
    assert "this is not TOML" in refused("evenhand.toml")


def test_flags_of_wrong_types_come_together(refused, table):
    words = ("--threshold", "7", "--weight-kind", "rows", "--min-group-size", "0", "--format", "docx")
    message = refused(table(), *DECIDED, *words)
    for key in ("threshold", "weight_kind", "min_group_size", "format"):
        assert f"{key}: " in message


@pytest.mark.parametrize("flag", ["age=x", "age", "=40"])
def test_bands_that_cannot_be_read(refused, table, flag):
    assert "write column=edge,edge" in refused(table(), *DECIDED, "--bands", flag)


def test_references_and_limits_that_do_not_fit(refused, table, tmp_path):
    (tmp_path / "policy.toml").write_text(
        '[[limit]]\nmetric = "accuracy"\nattribute = "sexx"\nmin = 0.1\n'
        '[[limit]]\nmetric = "accuracy"\nattribute = "sex"\nmin = 0.1\nwaive = ["Femal"]\n',
        encoding="utf-8",
    )
    words = ("--policy", "policy.toml", "--reference", "sex=Mal", "--reference", "rac=White")
    message = refused(table(), *DECIDED, *words)
    assert "4 problems were found" in message
    for place in ("limit[0].attribute", "limit[1].waive", "reference.sex", "reference.rac"):
        assert f"{place}: " in message


def test_files_that_the_settings_name_are_looked_for_together(refused):
    words = ("--model", "a.skops", "--policy", "b.toml", "--train", "c.csv", "--answers", "d.toml")
    message = refused("nope.csv", *BASE, *words)
    for name in ("a.skops", "b.toml", "c.csv", "d.toml", "nope.csv"):
        assert name in message


def test_a_table_of_no_known_kind(refused, tmp_path):
    (tmp_path / "table.xls").write_bytes(b"x")
    assert "told by its ending" in refused("table.xls", *DECIDED)
    assert "told by its ending" in refused(".", *DECIDED)


def test_a_folder_that_cannot_be_written(cli, table, tmp_path):
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    done = cli("audit", table(), *DECIDED, "--out", tmp_path / "taken" / "report")
    assert (done.code, done.out) == (2, "")
    assert "name another place" in done.err
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("words", [("--no-such-flag",), ("--threshold", "high"), ()])
def test_flags_that_cannot_be_parsed(cli, words):
    done = cli("audit", *words)
    assert done.code == 2
    assert "Error" in done.err


def test_an_earlier_result_stays_where_an_audit_fails(cli, files, tmp_path):
    (tmp_path / "report.html").write_text("old", encoding="utf-8")
    assert cli("audit", files / "loans.csv", *BASE, "--prediction", "x", "--out", tmp_path).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_training_rows_that_do_not_fit(refused, files, table, trained, tmp_path):
    model = ("--model", files / "model.skops", "--train", "train.parquet")
    trained.drop(columns="occupation").to_parquet(tmp_path / "train.parquet")
    message = refused(table(), *BASE, *model)
    assert "model (train.parquet): the model wants the column 'occupation'" in message
    trained.assign(income="<=50K").to_parquet(tmp_path / "train.parquet")
    assert "training needs rows of two classes" in refused(table(), *BASE, *model)


def test_a_split_that_leaves_nothing(refused, tmp_path, tested):
    tested.assign(part="a").to_parquet(tmp_path / "rows.parquet")
    text = (
        'data = "rows.parquet"\nsplit = { column = "part", train = "b", test = "c" }\nsensitive = ["sex"]\n'
    )
    (tmp_path / "evenhand.toml").write_text(f'{text}target = "income"\nscore = "p"\n', encoding="utf-8")
    message = refused("evenhand.toml")
    assert "no row holds 'b'" in message
    assert "no row holds 'c'" in message
