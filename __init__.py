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
    "mitigate_file": "mitigated",
    "mitigate_model": "mitigated",
    "Mitigated": "mitigated",
    "explain_row": "single",
    "Explanation": "explanations",
    "compare_audits": "documents",
    "write_datasheet": "documents",
    "write_model_card": "documents",
    "local_law_144": "documents",
    "Result": "api",
    "wrap_model": "audit.model",
    "EvenhandError": "errors",
    "EvenhandWarning": "errors",
    "InputError": "errors",
    "accumulated_local_effects": "audit.explain.effects",
    "background_test": "audit.explain.background",
    "deletion_insertion": "audit.explain.deletion",
    "explain_gap": "audit.explain.gap",
    "explain_gap_exact": "audit.explain.exact",
    "explanation_stability": "audit.explain.stability",
    "off_manifold_check": "audit.explain.off_manifold",
    "partial_dependence_by_group": "audit.explain.dependence",
    "permutation_importance_by_group": "audit.explain.importance",
    "proxy_map": "audit.explain.proxy_use",
    "surrogate_tree": "audit.explain.surrogate",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - the table above is the one list of names

if TYPE_CHECKING:
    from .api import Result as Result
    from .api import audit_file as audit_file
    from .api import audit_model as audit_model
    from .api import audit_predictions as audit_predictions
    from .audit.explain.background import background_test as background_test
    from .audit.explain.deletion import deletion_insertion as deletion_insertion
    from .audit.explain.dependence import partial_dependence_by_group as partial_dependence_by_group
    from .audit.explain.effects import accumulated_local_effects as accumulated_local_effects
    from .audit.explain.exact import explain_gap_exact as explain_gap_exact
    from .audit.explain.gap import explain_gap as explain_gap
    from .audit.explain.importance import permutation_importance_by_group as permutation_importance_by_group
    from .audit.explain.off_manifold import off_manifold_check as off_manifold_check
    from .audit.explain.proxy_use import proxy_map as proxy_map
    from .audit.explain.stability import explanation_stability as explanation_stability
    from .audit.explain.surrogate import surrogate_tree as surrogate_tree
    from .audit.model import wrap_model as wrap_model
    from .documents import compare_audits as compare_audits
    from .documents import local_law_144 as local_law_144
    from .documents import write_datasheet as write_datasheet
    from .documents import write_model_card as write_model_card
    from .errors import EvenhandError as EvenhandError
    from .errors import EvenhandWarning as EvenhandWarning
    from .errors import InputError as InputError
    from .explanations import Explanation as Explanation
    from .mitigated import Mitigated as Mitigated
    from .mitigated import mitigate_file as mitigate_file
    from .mitigated import mitigate_model as mitigate_model
    from .single import explain_row as explain_row


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
