"""The search of the frontier from Python: what narrows a model's gap, at what price, and the chosen model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .api import of_file, of_objects
from .audit.alternatives import alternatives, alternatives_csv, alternatives_json
from .audit.files import write_atomically
from .audit.gate import exit_code
from .audit.model_record import save_with_record
from .audit.record import State
from .audit.record_frontier import FrontierFacts
from .audit.settings import Settings, merge
from .errors import InputError, Problem
from .reading import plain_label, settings_from, silent
from .result import Result

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, repr=False)
class Mitigated:
    """The result of a search for a better trade-off of accuracy and fairness.

    Parameters
    ----------
    result : Result
        The audit of the given model, with the search in its record.
    model : estimator
        The chosen one, fitted on all training rows; the given one where nothing better was found.
    """

    result: Result
    model: Any

    def __repr__(self) -> str:
        facts = self.facts
        judged = f"; verdict {facts.verdict}" if facts.verdict else ""
        return f"<Mitigated: {facts.chosen} of {len(facts.points)} candidates{judged}>"

    @property
    def facts(self) -> FrontierFacts:
        """Everything that the search found."""
        facts = self.result.record.frontier
        if facts is None:
            why = next((item.reason for item in self.result.record.absent if item.part == "frontier"), "")
            message = f"a search is needed, and none was made: {why or 'the settings asked for none'}"
            raise InputError.of("no_frontier", "model", message)
        return facts

    @property
    def chosen(self) -> str | None:
        """The name of the chosen candidate; "refit" where the given model is kept."""
        return self.facts.chosen

    @property
    def verdict(self) -> State | None:
        """What the policy says of the chosen model on the test rows; None without limits."""
        return self.facts.verdict

    @property
    def exit_code(self) -> int:
        """The exit code that the command line ends with: that of the chosen model's verdict."""
        return exit_code(self.verdict)

    @property
    def table(self) -> Any:
        """The search for a less discriminatory alternative, one row a candidate and group; a data frame."""
        return self.result.frame(alternatives(self.facts))

    def save(self, path: str | Path) -> tuple[Path, Path]:
        """Save the chosen model as a skops file, and its record beside it; return both files.

        Raises
        ------
        ModelError
            skops cannot write a part of the model; nothing is written.
        OutputError
            A file cannot be written.
        """
        return save_with_record(self.model, self.result.record, path)

    def write(self, folder: str | Path) -> list[Path]:
        """Write the report, the record and the table of alternatives into a folder; return the files.

        Raises
        ------
        OutputError
            The folder cannot be written.
        """
        texts = {
            "alternatives.csv": alternatives_csv(self.facts),
            "alternatives.json": alternatives_json(self.facts),
        }
        files = self.result.write(folder)
        return [*files, *(write_atomically(Path(folder) / name, text) for name, text in texts.items())]


def mitigate_file(
    settings: Settings | str | Path,
    frontier: Mapping[str, Any] | None = None,
    *,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Mitigated:
    """Search what narrows the gap of the model that a settings file names, and at what price.

    Parameters
    ----------
    settings : Settings, str or Path
    frontier : mapping, optional
        Keys of the settings' table ``[frontier]``; they win over the file.
    out : str or Path, optional
        Folder that the results are to be written into, proved before the work.
    progress : callable, optional

    Returns
    -------
    Mitigated

    Raises
    ------
    InputError
        With every problem of the settings, the tables or the model; there must be a model and training rows.
    """
    chosen = settings if isinstance(settings, Settings) else settings_from(settings)
    chosen = merge(
        chosen, {"frontier": _frontier(chosen, frontier or {}), "explain": False, "mitigate": False}
    )
    _refuse_incomplete(
        model=chosen.model is not None, train=chosen.train is not None or chosen.split is not None
    )
    return Mitigated(*of_file(chosen, None if out is None else Path(out), progress))


def mitigate_model(
    model: Any,
    test: Any,
    *,
    train: Any,
    target: str,
    sensitive_features: Sequence[str] | str,
    pos_label: Any = None,
    policy: Any = None,
    progress: Progress = silent,
    methods: Sequence[str] | None = None,
    metric: str | None = None,
    attribute: str | None = None,
    limit: float | None = None,
    scoring: str | None = None,
    tolerance: float | None = None,
    cv: int | None = None,
    budget: float | None = None,
    **settings: Any,
) -> Mitigated:
    """Search what narrows a model's gap, and at what price: every method at every strength.

    Candidates are trained on a part of the training rows and compared on the rest; the one with the best
    score within the limit is trained on all training rows and judged on the test rows.

    Parameters
    ----------
    model : estimator
        A fitted classifier of scikit-learn, or of its kind.
    test, train : data frame
        As `audit_model` takes them.
    target : str
    sensitive_features : str or sequence of str
    pos_label : optional
    policy : str, Path, Policy or sequence of mappings, optional
        Its first limit on a disparity that the model breaks is what is searched for, unless ``metric`` says.
    progress : callable, optional
    methods : sequence of str, optional
        Names in ``evenhand.mitigation.METHODS``; all by default.
    metric : str, optional
        A difference or ratio of the catalogue.
    attribute : str, optional
        A sensitive column, or several joined by " x ".
    limit : float in [0, 1], optional
        The most that a difference, the least that a ratio may be.
    scoring : str, optional
        A scorer of scikit-learn; accuracy by default.
    tolerance : float, optional
        The acceptable loss of the score, 0.01 by default; it decides where there is no limit.
    cv : int, optional
        How many parts of the training rows are held back in turn; 0, the default, holds one in three back.
    budget : float, optional
        Seconds after which nothing new is tried; the result then depends on the machine, and says so.
    **settings
        As in `audit_model`.

    Returns
    -------
    Mitigated

    Raises
    ------
    InputError
        With every problem found.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> rows = pd.DataFrame({"x": [*range(60)] * 4, "sex": ["F"] * 120 + ["M"] * 120})
    >>> rows["hired"] = (rows["x"] + 20 * (rows["sex"] == "M") > 40).astype(int)
    >>> rows["man"] = (rows["sex"] == "M").astype(int)
    >>> clf = LogisticRegression().fit(rows[["x", "man"]], rows["hired"])
    >>> found = mitigate_model(clf, rows, train=rows, target="hired", sensitive_features=["sex"],
    ...     metric="demographic_parity_difference", limit=0.1, methods=["group_thresholds"])
    >>> found.chosen, found.model.predict(rows.head(2)).tolist()
    ('group_thresholds 0.25', [0, 0])
    """
    wanted = {
        "methods": methods, "metric": metric, "attribute": attribute, "limit": limit, "scoring": scoring,
        "tolerance": tolerance, "cv": cv, "budget": budget,
    }  # fmt: skip
    given = {
        "target": target,
        "pos_label": plain_label(pos_label),
        "explain": False,
        "mitigate": False,
        **settings,
    }
    given["frontier"] = _frontier(merge(Settings(), settings), wanted)
    _refuse_incomplete(model=model is not None, train=train is not None)
    return Mitigated(*of_objects(model, test, train, sensitive_features, policy, given, progress))


def _frontier(settings: Settings, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Lay what is wanted over the settings' own table, whose keys it may leave out."""
    own = {} if settings.frontier is None else settings.frontier.model_dump(exclude_unset=True)
    given = {key: value for key, value in wanted.items() if value is not None}
    if "methods" in given:
        given["methods"] = tuple(given["methods"])
    return own | given


def _refuse_incomplete(*, model: bool, train: bool) -> None:
    problems = []
    if not model:
        problems.append(Problem("no_model", "model", "a search trains a model again, and none was given"))
    if not train:
        message = "a search needs rows to train on; name train, or split with the rows to train on"
        problems.append(Problem("no_train", "train", message))
    if problems:
        raise InputError(problems)
