"""fairlearn's MetricFrame, from counts: the same constructor, attributes and methods, and honest intervals.

Where every group's figure is defined the values are fairlearn's. They differ at these edges:

- A figure that is undefined in a group (a true positive rate without positives) is ``nan`` there, and every
  aggregate over that group is ``nan``; fairlearn counts it as 0. Combinations without rows are ``nan``, and
  are no groups, as in fairlearn.
- Rows of two pandas inputs must agree in their index; fairlearn takes them by position.
- Labels other than {0, 1}, {-1, 1} and booleans need ``pos_label``, and probabilities are no decisions;
  fairlearn's selection rate is 0.0 then. Accuracy takes labels of any kind.
- A missing sensitive value is a group, which aggregates leave out unless asked; fairlearn raises.
- Replicates in which a group vanished or became undefined widen a bootstrap interval.
- Without ``random_state`` the seed is 0.
- Whole numbers in a column of floats, and dates, are levels as whole numbers and as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from . import frame_native as native
from .frame_counts import count_tables, key_of, settle
from .frame_figures import Request
from .frame_input import Metrics, features_of, requests_of
from .frame_intervals import (
    checked_bootstrap,
    group_interval,
    quantiles,
    seed_of,
    worst_interval,
)
from .frame_layout import (
    Layout,
    combinations,
    group_difference,
    group_least,
    group_most,
    group_ratio,
    refuse_method,
)
from .frame_values import Computed, all_whole, as_numbers, is_numeric, row_values, spread
from .results import Group, Level
from .worst_case import worst_difference, worst_ratio

Floats = NDArray[np.float64]
Method = Literal["between_groups", "to_overall"]
Errors = Literal["raise", "coerce"]


class MetricFrame:
    """Figures of every group, overall, and compared.

    Parameters
    ----------
    metrics : str, callable, list of str, or mapping of str to either
        Names of figures (``"selection_rate"``, ``"f1"``, ``"recall_score"``), functions of fairlearn,
        scikit-learn or this package, a `functools.partial` of one, or any other
        ``callable(y_true, y_pred, **sample_params)``. What counts give is computed from one cube; any
        other callable is called on each group's rows. A single metric gives series and plain numbers,
        several give frames and series, as in fairlearn.
    y_true, y_pred : array-like of shape (rows,)
        Labels and decisions; for callables of your own, anything with one entry a row.
    sensitive_features : series, frame, mapping, array or list
        Several columns make intersections.
    control_features : like ``sensitive_features``, optional
        Groups are compared only within each combination of their levels.
    sample_params : mapping, optional
        Values by row for a single metric, for example ``{"sample_weight": w}``; for several metrics a
        mapping of metric name to such a mapping.
    n_boot : int, optional
        Number of bootstrap replicates of the rows. From counts their cost does not depend on the rows; a
        callable of your own is called on resampled rows each time, which is slow.
    ci_quantiles : list of float, optional
        Quantiles of the replicates, each in (0, 1). Goes with ``n_boot``.
    random_state : int, RandomState or Generator, optional
        Seed; None is 0.
    pos_label : str, int, float or bool, optional
        The positive label of all metrics from counts that do not state their own.
    compare_missing : bool
        Whether rows with a missing sensitive value are compared like a group.

    Raises
    ------
    InputError
        With the problems found: lengths or indexes that differ, labels that are not binary where they must
        be, unknown metrics, sample parameters of no metric, bootstrap options out of range.

    Examples
    --------
    >>> frame = MetricFrame(
    ...     metrics={"accuracy": "accuracy", "selection_rate": "selection_rate"},
    ...     y_true=[1, 1, 0, 0, 1, 0], y_pred=[1, 0, 0, 1, 1, 0],
    ...     sensitive_features={"sex": ["F", "F", "F", "M", "M", "M"]})
    >>> frame.by_group["selection_rate"].round(3).tolist()
    [0.333, 0.667]
    >>> round(frame.difference()["selection_rate"].item(), 3)
    0.333
    >>> low, high = frame.difference_interval()
    >>> low["selection_rate"].item(), high["selection_rate"].item() > 0.33
    (0.0, True)
    """

    def __init__(
        self,
        *,
        metrics: Metrics,
        y_true: Any,
        y_pred: Any,
        sensitive_features: Any,
        control_features: Any = None,
        sample_params: Mapping[str, Any] | None = None,
        n_boot: int | None = None,
        ci_quantiles: Sequence[float] | None = None,
        random_state: Any = None,
        pos_label: Level = None,
        compare_missing: bool = False,
    ) -> None:
        self._single = isinstance(metrics, str) or callable(metrics)
        self._n_boot, self._quantiles = n_boot, ci_quantiles
        draws, self._at = checked_bootstrap(n_boot, ci_quantiles)
        requests = settle(requests_of(metrics, sample_params, pos_label), y_true, y_pred)
        features = features_of(y_true, y_pred, sensitive_features, control_features, requests)
        self._backend = native.backend_of((sensitive_features, control_features, y_true, y_pred))
        tables, rows = (
            count_tables(requests, y_true, y_pred, features),
            row_values(requests, y_true, y_pred, features),
        )
        groups = rows.by_group.groups if rows else next(iter(tables.values())).groups
        self._layout = Layout(features.control_names, features.sensitive_names, groups, compare_missing)
        native.refuse_clash(self._backend, self._layout.names, [r.name for r in requests])
        self._computed = Computed(requests, tables, rows, self._layout)
        self._values = self._computed.values()
        self._draws = self._computed.replicates(draws, seed_of(random_state)) if draws else {}

    # ---- what fairlearn has ----------------------------------------------------------------------

    @property
    def overall(self) -> Any:
        """The figures of all rows, or of all rows of each control stratum."""
        return self._over_strata({name: overall for name, (_, overall) in self._values.items()}, whole=True)

    @property
    def by_group(self) -> Any:
        """The figures of each group: a series for a single metric, else a frame.

        All combinations of levels are listed; those without rows are ``nan``.
        """
        return self._over_groups({name: by_group for name, (by_group, _) in self._values.items()}, whole=True)

    @property
    def control_levels(self) -> list[str] | None:
        """Names of the control columns, or None."""
        return list(self._layout.control) or None

    @property
    def sensitive_levels(self) -> list[str]:
        """Names of the sensitive columns."""
        return list(self._layout.sensitive)

    @property
    def n_boot(self) -> int | None:
        """Number of replicates asked for."""
        return self._n_boot

    @property
    def ci_quantiles(self) -> Sequence[float] | None:
        """Quantiles asked for."""
        return self._quantiles

    def group_min(self, errors: Errors = "raise") -> Any:
        """Smallest figure of a group; with ``errors="coerce"`` what is not a number counts as ``nan``."""
        return self._aggregate(lambda values, _: group_least(self._layout, values), errors, whole=True)

    def group_max(self, errors: Errors = "raise") -> Any:
        """Largest figure of a group; with ``errors="coerce"`` what is not a number counts as ``nan``."""
        return self._aggregate(lambda values, _: group_most(self._layout, values), errors, whole=True)

    def difference(self, method: Method = "between_groups", errors: Errors = "coerce") -> Any:
        """Largest distance of two groups' figures, or of a group's from the overall; 0 is fair."""
        refuse_method(method)
        return self._aggregate(partial(group_difference, self._layout, method=method), errors, whole=True)

    def ratio(self, method: Method = "between_groups", errors: Errors = "coerce") -> Any:
        """Smallest ratio of two groups' figures, or of a group's and the overall; at most 1, 1 is fair."""
        refuse_method(method)
        return self._aggregate(partial(group_ratio, self._layout, method=method), errors)

    @property
    def overall_ci(self) -> list[Any]:
        """For each quantile, what ``overall`` gives."""
        cut = self._cut(lambda _, overall: overall)
        return [self._over_strata(one) for one in cut]

    @property
    def by_group_ci(self) -> list[Any]:
        """For each quantile, what ``by_group`` gives. See `by_group_interval`, too."""
        return [self._over_groups(one) for one in self._cut(lambda values, _: values)]

    def group_min_ci(self) -> list[Any]:
        """For each quantile, what ``group_min`` gives."""
        cut = self._cut(lambda values, _: group_least(self._layout, values))
        return [self._over_strata(one) for one in cut]

    def group_max_ci(self) -> list[Any]:
        """For each quantile, what ``group_max`` gives."""
        cut = self._cut(lambda values, _: group_most(self._layout, values))
        return [self._over_strata(one) for one in cut]

    def difference_ci(self, method: Method = "between_groups") -> list[Any]:
        """For each quantile, what ``difference`` gives.

        Such quantiles never reach 0, even if there is no gap: for an interval that is right there, see
        `difference_interval`.
        """
        refuse_method(method)
        cut = self._cut(partial(group_difference, self._layout, method=method))
        return [self._over_strata(one) for one in cut]

    def ratio_ci(self, method: Method = "between_groups") -> list[Any]:
        """For each quantile, what ``ratio`` gives; see `ratio_interval` for one that is right at 1."""
        refuse_method(method)
        cut = self._cut(partial(group_ratio, self._layout, method=method))
        return [self._over_strata(one) for one in cut]

    # ---- intervals without resampling ------------------------------------------------------------

    def by_group_interval(self, level: float = 0.95) -> list[Any]:
        """Lower and upper ends, each of the form of ``by_group``.

        The interval of rates for a share of rows, on the effective sample size where rows are weighted; the
        middle part of 1,000 replicates for other functions of counts; ``nan`` for callables of your own.
        """
        ends = {r.name: self._group_ends(r, level) for r in self._computed.requests}
        return [self._over_groups({name: pair[i] for name, pair in ends.items()}) for i in (0, 1)]

    def difference_interval(self, level: float = 0.95, *, draws: int = 2000, seed: int = 0) -> list[Any]:
        """Lower and upper ends of ``difference()``, right also where no gap exists.

        See `evenhand.metrics.worst_case.worst_difference`; ``nan`` for a metric that is no share of rows.
        """
        return self._worst_ends(worst_difference, level, draws, seed)

    def ratio_interval(self, level: float = 0.95, *, draws: int = 2000, seed: int = 0) -> list[Any]:
        """Lower and upper ends of ``ratio()``, right also where all rates are equal.

        See `evenhand.metrics.worst_case.worst_ratio`; ``nan`` for a metric that is no share of rows.
        """
        return self._worst_ends(worst_ratio, level, draws, seed)

    def undefined(self) -> dict[tuple[str, Group], Reason]:
        """Tell why a figure that counts give is undefined: metric and group (control levels first) to reason.

        Combinations without rows are not listed.
        """
        return self._computed.undefined()

    # ---- within ----------------------------------------------------------------------------------

    @property
    def _names(self) -> list[str]:
        return [r.name for r in self._computed.requests]

    def _whole(self) -> bool:
        """Whether every figure is a whole number; one fraction makes fairlearn's whole frame fractions."""
        return all(
            (r.figure is not None and r.figure.whole)
            or (r.source == "rows" and all_whole([*self._values[r.name][0], *self._values[r.name][1]]))
            for r in self._computed.requests
        )

    def _over_groups(self, values: Mapping[str, Any], *, whole: bool = False) -> Any:
        every, places = combinations(self._layout.groups)
        whole = whole and self._whole() and len(every) == len(places)
        cells = {name: spread(column, places, len(every), whole=whole) for name, column in values.items()}
        frame = native.level_frame(self._backend, self._layout.names, every, cells)
        return native.one_metric(self._backend, frame, self._names[0]) if self._single else frame

    def _over_strata(self, values: Mapping[str, Any], *, whole: bool = False) -> Any:
        whole = whole and self._whole()
        every, places = combinations(self._layout.strata) if self._layout.control else ([()], np.arange(1))
        whole = whole and len(every) == len(places)
        cells = {name: spread(column, places, len(every), whole=whole) for name, column in values.items()}
        if not self._layout.control:
            row = {name: column[0] for name, column in cells.items()}
            return row[self._names[0]] if self._single else native.metric_row(self._backend, row)
        frame = native.level_frame(self._backend, self._layout.control, every, cells)
        return native.one_metric(self._backend, frame, self._names[0]) if self._single else frame

    def _aggregate(
        self, step: Callable[[Floats, Floats], Floats], errors: Errors, *, whole: bool = False
    ) -> Any:
        if errors not in ("raise", "coerce"):
            raise InputError.of("choice", "errors", f"one of raise, coerce is wanted, got {errors!r}")
        other = [name for name, pair in self._values.items() if not all(map(is_numeric, pair))]
        if other and errors == "raise":
            rule = "only numbers are compared, and this metric gives something else"
            raise InputError.of("not_scalar", other[0], f"{rule}; leave it out, or ask for errors='coerce'")
        values = {
            name: step(as_numbers(by_group), as_numbers(overall))
            for name, (by_group, overall) in self._values.items()
        }
        return self._over_strata(values, whole=whole)

    def _cut(self, step: Callable[[Floats, Floats], Floats]) -> list[dict[str, Floats]]:
        if not self._at:
            rule = "bootstrap intervals need n_boot and ci_quantiles when the frame is made"
            raise InputError.of("bootstrap", "n_boot", f"{rule}; difference_interval() needs neither")
        found = {name: quantiles(step(*pair), self._at) for name, pair in self._draws.items()}
        return [{name: found[name][i] for name in self._names} for i in range(len(self._at))]

    def _group_ends(self, asked: Request, level: float) -> tuple[Floats, Floats]:
        if asked.source == "rows":
            nothing = np.full(len(self._layout.groups), np.nan)
            return nothing, nothing
        return group_interval(asked, self._computed.tables[key_of(asked)], self._layout, level)

    def _worst_ends(self, worst: Callable[..., Any], level: float, draws: int, seed: int) -> list[Any]:
        nothing = (np.full(len(self._layout.strata), np.nan),) * 2
        ends = {
            r.name: nothing
            if r.source == "rows"
            else worst_interval(
                r, self._computed.tables[key_of(r)], self._layout, worst, level, draws=draws, seed=seed
            )
            for r in self._computed.requests
        }
        return [self._over_strata({name: pair[i] for name, pair in ends.items()}) for i in (0, 1)]
