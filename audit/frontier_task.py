"""What a search of the frontier is given: the model, its rows, the question, and what is forbidden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..metrics.results import Group
from ..mitigation.method import Plan
from .frontier_question import Question
from .frontier_settings import Frontier
from .mitigating import Job, Rows, plan_of, spelled_groups
from .roles import Roles


@dataclass(frozen=True)
class Search:
    """Everything that a search needs.

    Parameters
    ----------
    job : Job
        The model, its rows, and how figures are made.
    roles : Roles
    question : Question
    asked : Frontier
    reference : tuple
        The group that others are compared with, of the grouping in question.
    forbids_decision : bool
        Whether models that need the sensitive attribute for decisions are out of the question.
    people : ndarray of int, shape (training rows,), or None
        A number for each person, where rows repeat people.
    """

    job: Job
    roles: Roles
    question: Question
    asked: Frontier
    reference: Group
    forbids_decision: bool = False
    people: NDArray[np.int64] | None = None

    @property
    def plan(self) -> Plan:
        """What the methods may use."""
        options = self.job.options
        return replace(
            plan_of(self.job),
            metric=self.question.metric.name,
            seed=options.seed,
            hide=self.forbids_decision,
        )

    def groups(self, rows: Rows) -> dict[str, NDArray[Any]]:
        """Spell the groups of the grouping in question, which are those that the methods are told."""
        return spelled_groups({name: rows.attributes[name] for name in self.question.attributes})
