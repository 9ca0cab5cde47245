"""The frontier's place in an audit: what it needs is put together, and the chosen model is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from ..metrics.cube import Cube
from ..metrics.disparity import Options
from ..metrics.rates import GroupTable
from .deployed import MitigatedModel
from .frontier import explore
from .frontier_question import Question, question_of
from .frontier_task import Search
from .gate import judge, worst_state
from .measure import tables_of
from .mitigating import Job
from .model import wrap_model
from .record import GroupingFacts
from .record_frontier import FrontierFacts
from .request import Request
from .rows import count_rows

Progress = Callable[[str, int, int], None]


def asked_question(request: Request, tables: Mapping[str, GroupTable], options: Options) -> Question | None:
    """Settle what the search is for, before the long work; None where no search is asked for.

    Raises
    ------
    InputError
        With every name that does not exist.
    """
    asked = request.settings.frontier
    return None if asked is None else question_of(asked, request.policy, tables, options)


def searched_frontier(
    request: Request, job: Job, question: Question, groupings: Sequence[GroupingFacts], progress: Progress
) -> tuple[FrontierFacts, MitigatedModel | None]:
    """Search the frontier and judge the chosen model by the policy on the test rows.

    Returns
    -------
    facts : FrontierFacts
    model : MitigatedModel or None
        None where the unmitigated model was chosen.
    """
    asked = request.settings.frontier
    if asked is None:
        raise TypeError("a frontier is searched where the settings ask for one")
    reference = next(item.reference for item in groupings if item.name == question.grouping)
    found = explore(
        Search(
            job=job,
            roles=request.roles,
            question=question,
            asked=asked,
            reference=reference or (),
            forbids_decision=_forbids(request),
            people=_people(request),
        ),
        progress,
    )
    verdicts = judge(
        question.limits,
        tables_of(_counted(request, found.model), tuple(item.attributes for item in groupings)),
        min_group_size=request.settings.min_group_size,
        seed=request.settings.seed,
    )
    judged = {"verdicts": verdicts, "verdict": worst_state(verdicts)}
    return found.facts.model_copy(update=judged), found.model


def _forbids(request: Request) -> bool:
    by_policy = request.policy is not None and request.policy.forbid_sensitive_at_decision
    return by_policy or request.settings.forbid_sensitive_at_decision


def _people(request: Request) -> Any:
    name = request.roles.id
    if name is None or request.train is None or name not in request.train.dataset.columns:
        return None
    return pd.factorize(request.train.frame((name,))[name])[0]


def _counted(request: Request, model: MitigatedModel | None) -> Cube:
    """Count the test rows as the chosen model decides on them."""
    chosen = request.model if model is None else wrap_model(model)
    return count_rows(request.test, request.roles, chosen)
