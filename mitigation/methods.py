"""The table of all ways to narrow a gap; ``grep`` finds every one of them here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sklearn.base import is_classifier

from ..errors import InputError, did_you_mean
from ..metrics.catalogue import CATALOGUE
from .base import weight_parameter
from .method import Method, Plan

_CONSTRAINTS = {
    ("selection_rate",): "demographic_parity",
    ("true_positive_rate",): "equal_opportunity",
    ("false_positive_rate",): "predictive_equality",
    ("true_positive_rate", "false_positive_rate"): "equalized_odds",
    ("accuracy",): "error_rate_parity",
}
"""What training under a constraint calls the disparities of these rates."""


_GOALS = ("demographic_parity", "equal_opportunity", "equalized_odds")
"""What weights against biased labels can aim at."""


def _nothing_against(_: Plan) -> None:
    return None


def _no_columns(plan: Plan) -> str | None:
    return None if plan.sensitive_columns else "the model reads none of the sensitive columns"


def _no_proxies(plan: Plan) -> str | None:
    return None if plan.proxies else "no proxies were named that the model reads"


def _no_groups(plan: Plan) -> str | None:
    return None if plan.has_groups else "the groups of the training rows are not known"


def _no_weights(plan: Plan) -> str | None:
    if (unknown := _no_groups(plan)) is not None:
        return unknown
    if weight_parameter(plan.estimator) is None:
        name = type(plan.estimator).__name__
        return f"{name} cannot weigh rows (its fit takes no sample_weight); resampling does without"
    return None


def _no_constraint(plan: Plan) -> str | None:
    if (heavy := _no_weights(plan)) is not None:
        return heavy
    known = CATALOGUE[plan.metric].rates in _CONSTRAINTS
    return None if known else f"it has no constraint for the {CATALOGUE[plan.metric].title}"


def _no_torch(plan: Plan) -> str | None:
    if (unknown := _no_groups(plan)) is not None:
        return unknown
    if find_spec("torch") is None:
        return 'torch is not installed (pip install "evenhand[torch]")'
    known = CATALOGUE[plan.metric].rates in _CONSTRAINTS
    return None if known else f"it has no penalty for the {CATALOGUE[plan.metric].title}"


def _no_goal(plan: Plan) -> str | None:
    if (lacking := _no_constraint(plan)) is not None:
        return lacking
    known = _CONSTRAINTS[CATALOGUE[plan.metric].rates] in _GOALS
    return None if known else f"it has no goal for the {CATALOGUE[plan.metric].title}"


def _no_scores(plan: Plan) -> str | None:
    if (unknown := _no_groups(plan)) is not None:
        return unknown
    if not is_classifier(plan.estimator) or not hasattr(plan.estimator, "predict_proba"):
        return f"{type(plan.estimator).__name__} gives no probabilities (it has no predict_proba)"
    return None


def _bare(_: Plan) -> dict[str, Any]:
    return {}


def _hidden(plan: Plan) -> dict[str, Any]:
    return {"sensitive_columns": plan.sensitive_columns}


def _hidden_with_proxies(plan: Plan) -> dict[str, Any]:
    return {"sensitive_columns": plan.sensitive_columns, "proxies": plan.proxies}


def _constrained(plan: Plan) -> dict[str, Any]:
    return {"constraint": _CONSTRAINTS[CATALOGUE[plan.metric].rates], "random_state": plan.seed}


def _undone(plan: Plan) -> dict[str, Any]:
    return {"goal": _CONSTRAINTS[CATALOGUE[plan.metric].rates], "random_state": plan.seed}


def _drawn(plan: Plan) -> dict[str, Any]:
    return {"random_state": plan.seed}


def _changed(plan: Plan) -> dict[str, Any]:
    return {"sensitive_columns": plan.sensitive_columns, "unseen": "pooled"}


def _reduced(plan: Plan) -> dict[str, Any]:
    return {**_constrained(plan), "final": "deterministic"}


def _penalised(plan: Plan) -> dict[str, Any]:
    goal = _CONSTRAINTS[CATALOGUE[plan.metric].rates]
    return {"penalty": goal, "penalty_weight": 1.0, "random_state": plan.seed}


def _opposed(plan: Plan) -> dict[str, Any]:
    # With the label an adversary punishes what the score tells of the group beyond it: equalized odds.
    beyond = CATALOGUE[plan.metric].rates != ("selection_rate",)
    return {
        "adversary": "score",
        "adversary_weight": 1.0,
        "adversary_sees_label": beyond,
        "random_state": plan.seed,
    }


def _aimed(plan: Plan) -> dict[str, Any]:
    """Aim at the value that means fair: the strength says how far of the way to go."""
    fair = 1.0 if CATALOGUE[plan.metric].kind == "ratio" else 0.0
    return {"constraint": plan.metric, "limit": fair, "random_state": plan.seed}


def _grouped_aim(plan: Plan) -> dict[str, Any]:
    return {**_aimed(plan), "unseen": "pooled"}


def _pooled(plan: Plan) -> dict[str, Any]:
    return {"unseen": "pooled", "random_state": plan.seed}


_EPS = "how far a group's rate may lie from the overall rate"
_WAY = "how much of the way to an equal figure is gone"
_WEIGHING = "the share of the weighting"
_CELLS = "how far the groups' shares of positive labels are brought together"
_TABLE = (
    Method(
        "refit",
        "The same model trained again on the same rows: a control that shows what chance alone changes.",
        "control", "never", "", _bare, _nothing_against,
    ),
    Method(
        "unaware",
        "Training without the sensitive columns; columns that stand for them remain.",
        "before", "never", "unaware.Unaware", _hidden, _no_columns, hides=True,
    ),
    Method(
        "unaware+proxies",
        "Training without the sensitive columns and without the columns that stand for them.",
        "before", "never", "unaware.Unaware", _hidden_with_proxies, _no_proxies, hides=True,
    ),
    Method(
        "reweighing",
        "Training rows are weighted so that the label no longer depends on the group (Kamiran and Calders).",
        "before", "training", "reweighing.Reweighing", _bare, _no_weights, dial=_WEIGHING,
    ),
    Method(
        "reweighing+unaware",
        "Reweighing, with the sensitive columns hidden from the model: the group only sets the weights.",
        "before", "training", "reweighing.Reweighing", _bare,
        lambda plan: _no_columns(plan) or _no_weights(plan), dial=_WEIGHING, hides=True,
    ),
    Method(
        "label_bias",
        "Training rows are weighted to undo a bias in the labels, by training again (Jiang and Nachum).",
        "before", "training", "label_bias.LabelBias", _undone, _no_goal,
        dial="the share of the weighting found", fits=20,
    ),
    Method(
        "resampling",
        "Training rows are drawn so that every group has the same share of positive labels.",
        "before", "training", "resampling.Resampled", _drawn, _no_groups, dial=_CELLS,
    ),
    Method(
        "massaging",
        "The labels easiest to doubt are turned until base rates are equal (Kamiran and Calders).",
        "before", "training", "massaging.Massaged", _bare, _no_scores,
        dial="the share of the labels turned that equal base rates would take", fits=2,
    ),
    Method(
        "repair",
        "Numeric columns are moved to one distribution for all groups, ranks kept (Feldman and others).",
        "before", "decision", "repair.Repaired", _changed, _no_groups, dial=_WAY, hides=True,
    ),
    Method(
        "residuals",
        "Numeric columns keep only what the group does not predict of them.",
        "before", "decision", "residual.Residualised", _changed, _no_groups, dial=_WAY, hides=True,
    ),
    Method(
        "reductions",
        "Training under a constraint, by solving weighted problems in turn (Agarwal and others).",
        "in", "training", "reductions.Reductions", _reduced, _no_constraint,
        dial=_EPS, decides="predict", fits=40,
    ),
    Method(
        "grid_search",
        "Training at each of a grid of prices of the constraint, and the best of the models (Agarwal).",
        "in", "training", "reductions.Reductions", lambda plan: {**_reduced(plan), "method": "grid_search"},
        _no_constraint, decides="predict", fits=10,
    ),
    Method(
        "lagrangian",
        "Training rows are weighted by prices that rise until held-out rows keep the constraint.",
        "in", "training", "lagrangian.LagrangianWeights", _constrained, _no_constraint, dial=_EPS, fits=20,
    ),
    Method(
        "torch_penalty",
        "A neural network in place of the model, trained with a penalty on the gap of soft rates.",
        "in", "training", "torch_trainer.TabularNet", _penalised, _no_torch,
        dial="the weight of the penalty", fits=40, own=True,
    ),
    Method(
        "adversary",
        "A neural network in place of the model, trained against an adversary that guesses the group.",
        "in", "training", "torch_trainer.TabularNet", _opposed, _no_torch, dial="the weight of the adversary",
        fits=60, own=True, parameter="adversary_weight", settings=(0.3, 1.0, 3.0),
    ),
    Method(
        "group_thresholds",
        "A threshold for each group, chosen by exact search on held-out scores (Hardt, Price and Srebro).",
        "after", "decision", "thresholds.GroupThresholds", _grouped_aim, _no_scores,
        dial=_WAY, decides="predict", fits=6, on_base=True,
    ),
    Method(
        "single_threshold",
        "One threshold for everybody, chosen for the trade-off; no group is needed for a decision.",
        "after", "training", "thresholds.SharedThreshold", _aimed, _no_scores,
        dial=_WAY, decides="predict", fits=6, on_base=True,
    ),
    Method(
        "reject_option",
        "Close decisions fall in favour of the disadvantaged groups (Kamiran, Karim and Zhang).",
        "after", "decision", "reject_option.RejectOption", _grouped_aim, _no_scores,
        dial=_WAY, decides="predict", fits=6, on_base=True,
    ),
    Method(
        "calibration",
        "Scores are calibrated within each group, so that a score means the same for all.",
        "after", "decision", "calibration.GroupCalibration", _pooled, _no_scores,
        dial="the share of the calibrated score in the new one", decides="predict", fits=6, on_base=True,
    ),
    Method(
        "barycentre",
        "Scores of each group are moved to the distribution that lies between all (Chzhen and others).",
        "after", "decision", "barycentre.ScoreBarycentre", _pooled, _no_scores,
        dial=_WAY, decides="predict", fits=6, on_base=True,
    ),
)  # fmt: skip

METHODS: dict[str, Method] = {method.name: method for method in _TABLE}
"""Every way to narrow a gap, by name."""

SEARCHED: tuple[str, ...] = tuple(
    name for name, row in METHODS.items() if row.family != "control" and not row.own
)
"""The methods that a search tries where none are named: all that train the given model."""


def method_named(name: str) -> Method:
    """Find a method by its name.

    Raises
    ------
    InputError
        There is none of that name.

    Examples
    --------
    >>> method_named("reweighing").family
    'before'
    """
    if name not in METHODS:
        said = f"there is no way to retrain called {name!r}; {did_you_mean(name, METHODS)}"
        raise InputError.of("unknown_method", "method", said)
    return METHODS[name]
