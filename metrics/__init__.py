"""What is measured: from rows to a cube of counts, from counts to rates, disparities and intervals.

The functions that fairlearn has bear its names; the others begin the work of a topic, such as rankings,
surveys or memberships that are only probable. All are loaded when first used; a figure's own function stands
where its entry in the catalogue says.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "find_slices": "subgroups",
    "Cube": "cube",
    "Grid": "grid",
    "cube_of": "tally",
    "group_table": "rates",
    "group_metric": "functions",
    "selection_rate": "functions",
    "true_positive_rate": "functions",
    "false_positive_rate": "functions",
    "true_negative_rate": "functions",
    "false_negative_rate": "functions",
    "demographic_parity_difference": "functions",
    "demographic_parity_ratio": "functions",
    "equal_opportunity_difference": "functions",
    "equal_opportunity_ratio": "functions",
    "equalized_odds_difference": "functions",
    "equalized_odds_ratio": "functions",
    "MetricFrame": "metric_frame",
    "make_derived_metric": "functions_derived",
    "count": "functions_derived",
    "mean_prediction": "functions_derived",
    "accuracy_score_difference": "functions_derived",
    "accuracy_score_ratio": "functions_derived",
    "accuracy_score_group_min": "functions_derived",
    "balanced_accuracy_score_group_min": "functions_derived",
    "f1_score_group_min": "functions_derived",
    "false_negative_rate_difference": "functions_derived",
    "false_negative_rate_ratio": "functions_derived",
    "false_positive_rate_difference": "functions_derived",
    "false_positive_rate_ratio": "functions_derived",
    "log_loss_group_max": "functions_derived",
    "mean_absolute_error_group_max": "functions_derived",
    "mean_squared_error_group_max": "functions_derived",
    "precision_score_group_min": "functions_derived",
    "r2_score_group_min": "functions_derived",
    "recall_score_group_min": "functions_derived",
    "roc_auc_score_group_min": "functions_derived",
    "selection_rate_difference": "functions_derived",
    "selection_rate_ratio": "functions_derived",
    "true_negative_rate_difference": "functions_derived",
    "true_negative_rate_ratio": "functions_derived",
    "true_positive_rate_difference": "functions_derived",
    "true_positive_rate_ratio": "functions_derived",
    "zero_one_loss_difference": "functions_derived",
    "zero_one_loss_ratio": "functions_derived",
    "zero_one_loss_group_max": "functions_derived",
    "class_rates": "multiclass",
    "cube_class_rates": "multiclass",
    "multiclass_accuracy": "multiclass",
    "multiclass_difference": "multiclass",
    "multiclass_ratio": "multiclass",
    "fairness_scorer": "scorers",
    "against_each": "disparity",
    "worst_of": "disparity",
    "Options": "disparity",
    "metric_named": "catalogue",
    "above_median": "scoring_rate",
    "adverse_impact": "practical",
    "approval_regression": "group_regression",
    "audit_ranking": "rank_audit",
    "composite_against_each": "composite_gaps",
    "conditional_disparity": "conditional",
    "cube_from_parquet": "cube_io",
    "cube_ladder": "ranking",
    "cube_to_parquet": "cube_io",
    "decision_inequality": "benefits",
    "designed_rates": "survey_domains",
    "impact_ratios": "local_law",
    "imputed_rates": "membership_draws",
    "ladder_of": "ranking",
    "median_split": "scoring_rate",
    "prediction_distances": "prediction_distance",
    "probabilistic_rates": "membership",
    "rate_bounds": "membership_bounds",
    "regress_on_membership": "probable_regression",
    "regression_estimates": "regression",
    "regression_gaps": "fit_gaps",
    "regression_rows": "regression",
    "score_counts": "score_bins",
    "stratified_disparity": "pooled_gaps",
    "survey_rates": "survey",
    "survey_variance": "survey_design",
    "worst_of_clustered": "cluster_worst",
    "worst_regression_gap": "fit_gaps",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
