"""What an audit is asked to do: settings, rows, model and policy, all checked."""

from __future__ import annotations

from dataclasses import dataclass

from .answers import Answers
from .model import Model
from .policy import Policy
from .roles import Roles
from .rows import Table
from .settings import Settings


@dataclass(frozen=True)
class Request:
    """Everything that an audit needs, checked.

    Parameters
    ----------
    settings : Settings
    roles : Roles
    test : Table
        The rows audited.
    train : Table or None
        The rows to train on again.
    model : Model or None
    policy : Policy or None
    """

    settings: Settings
    roles: Roles
    test: Table
    train: Table | None
    model: Model | None
    policy: Policy | None
    answers: Answers | None = None
