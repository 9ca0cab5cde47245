"""The groups of rows at decision time, matched with those of training."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..errors import InputError
from ..metrics.results import Group
from .options import choice_problems, refuse
from .reweighing import columns_of
from .rows import Integers, RowGroups, column_names, index_of, match_rows, row_groups
from .training_rows import TrainingRows

POOLED = -1
"""The code of a row whose group was not seen in training, where the policy is to pool."""


class GroupReader:
    """What an estimator needs that must know the group of a row for every decision.

    Attributes
    ----------
    group_names_ : list of str
        The sensitive columns; empty where ``fit`` was given no groups, and none are needed then.
    groups_ : list of tuple
        The groups seen in training.
    """

    sensitive_columns: Any
    unseen: Literal["error", "pooled"]

    def _note_groups(self, rows: TrainingRows, sensitive_features: Any) -> None:
        self._note_levels(rows.groups, known=sensitive_features is not None)

    def _note_levels(self, groups: RowGroups, *, known: bool) -> None:
        """Keep the groups of training; ``known`` is whether they were given as ``sensitive_features``."""
        refuse(choice_problems(self.unseen, ("error", "pooled"), "unseen"))
        named = known or bool(column_names(self.sensitive_columns))
        self.group_names_ = list(groups.names) if named else []
        self.groups_ = list(groups.levels)

    def _codes(self, X: Any, sensitive_features: Any, rows: int) -> Integers:
        if not self.group_names_:
            return np.zeros(rows, dtype=np.int64)
        if sensitive_features is None:
            sensitive_features = self._columns(X)
        groups = row_groups(match_rows(sensitive_features, index_of(X), "sensitive_features"))
        if len(groups.codes) != rows:
            said = f"each row needs a group: X has {rows:,} rows, sensitive_features {len(groups.codes):,}"
            raise InputError.of("length", "sensitive_features", said)
        return self._known(groups.levels)[groups.codes]

    def _columns(self, X: Any) -> Any:
        columns = column_names(self.sensitive_columns)
        if not columns:
            said = "this model needs the group of each row to decide"
            hint = "pass sensitive_features, or name sensitive_columns in the constructor before fitting"
            raise InputError.of("no_groups", "sensitive_features", f"{said}; {hint}")
        return columns_of(X, columns, "sensitive_columns")

    def _known(self, levels: tuple[Group, ...]) -> Integers:
        place = {tuple(group): i for i, group in enumerate(self.groups_)}
        unknown = [level for level in levels if level not in place]
        if unknown and self.unseen == "error":
            shown = "; ".join(", ".join(map(str, level)) for level in unknown[:10])
            more = f"; and {len(unknown) - 10} more" if len(unknown) > 10 else ""
            said = f"every group must have been seen in training, but these were not: {shown}{more}"
            hint = "train on rows of them, or set unseen='pooled' to treat them as all groups together"
            raise InputError.of("unseen_group", "sensitive_features", f"{said}; {hint}")
        return np.array([place.get(level, POOLED) for level in levels], dtype=np.int64)
