"""Evenhand audits tabular models for fairness.

The names below are loaded when they are first used, so that ``import evenhand`` costs nothing
and the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "audit_model": "api",
    "audit_predictions": "api",
    "audit_file": "api",
    "explain_row": "api",
    "Explanation": "explanations",
    "compare_audits": "api",
    "write_datasheet": "api",
    "write_model_card": "api",
    "Result": "api",
    "wrap_model": "audit.model",
    "EvenhandError": "errors",
    "EvenhandWarning": "errors",
    "InputError": "errors",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - the table above is the one list of names

if TYPE_CHECKING:
    from .api import Result as Result
    from .api import audit_file as audit_file
    from .api import audit_model as audit_model
    from .api import audit_predictions as audit_predictions
    from .api import compare_audits as compare_audits
    from .api import explain_row as explain_row
    from .api import write_datasheet as write_datasheet
    from .api import write_model_card as write_model_card
    from .audit.model import wrap_model as wrap_model
    from .errors import EvenhandError as EvenhandError
    from .errors import EvenhandWarning as EvenhandWarning
    from .errors import InputError as InputError
    from .explanations import Explanation as Explanation


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
