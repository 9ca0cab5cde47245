"""What each row of the catalogue rests on: four kinds of evidence, checked by test_catalogue_evidence.py.

The doctest of a row is that of the function that computes it, or of one that calls it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """Where a metric is shown to be right.

    Parameters
    ----------
    hand : str
        Test of an example counted by hand.
    property : str
        Test by hypothesis.
    oracle : str
        Test of agreement with another implementation, or a published formula written anew; or
        ``"none exists: ..."``.
    doctest : str
        Module and function within ``evenhand.metrics``.
    """

    hand: str
    property: str
    oracle: str
    doctest: str


EVIDENCE: dict[str, Evidence] = {
    # ---- rates
    **dict.fromkeys(
        (
            "selection_rate",
            "base_rate",
            "true_positive_rate",
            "false_negative_rate",
            "false_positive_rate",
            "true_negative_rate",
            "positive_predictive_value",
            "false_discovery_rate",
            "negative_predictive_value",
            "false_omission_rate",
            "accuracy",
            "error_rate",
        ),
        Evidence(
            "tests/test_catalogue.py::test_rates_by_hand",
            "tests/test_rates.py::test_rates_of_any_populated_table",
            "tests/test_rates.py::test_rates_equal_fairlearn_and_scikit_learn",
            "rates.count",
        ),
    ),
    "mean_score": Evidence(
        "tests/test_catalogue.py::test_the_mean_score_by_hand",
        "tests/test_catalogue.py::test_the_mean_score_is_numpys_and_follows_a_change_of_unit",
        "tests/test_rates.py::test_mean_scores_are_means",
        "rates.score_means",
    ),
    # ---- comparisons
    **dict.fromkeys(
        (
            "demographic_parity_difference",
            "demographic_parity_ratio",
            "equal_opportunity_difference",
            "equal_opportunity_ratio",
            "predictive_equality_difference",
            "predictive_equality_ratio",
            "equalized_odds_difference",
            "equalized_odds_ratio",
            "average_odds_difference",
            "predictive_parity_difference",
            "predictive_parity_ratio",
            "conditional_use_accuracy_difference",
            "accuracy_difference",
            "accuracy_ratio",
        ),
        Evidence(
            "tests/test_catalogue.py::test_comparisons_by_hand",
            "tests/test_catalogue.py::test_comparisons_depend_neither_on_the_order_of_groups_nor_on_the_number_of_rows",
            "tests/test_catalogue.py::test_comparisons_are_those_of_fairlearns_and_scikit_learns_rates",
            "functions.group_metric",
        ),
    ),
    # ---- composites
    **dict.fromkeys(
        ("balanced_accuracy", "f1_score", "matthews_corrcoef", "false_negative_false_positive_ratio"),
        Evidence(
            "tests/test_catalogue_decisions.py::test_composites_by_hand",
            "tests/test_differential.py::test_composites_are_scikit_learns",
            "tests/test_differential.py::test_composites_are_scikit_learns",
            "composite.composite_estimates",
        ),
    ),
    "treatment_equality_difference": Evidence(
        "tests/test_catalogue_decisions.py::test_the_treatment_equality_difference_by_hand",
        "tests/test_catalogue_decisions.py::test_treatment_equality_flips_with_the_groups_and_is_clarifys",
        "tests/test_catalogue_decisions.py::test_treatment_equality_flips_with_the_groups_and_is_clarifys",
        "composite_gaps.composite_against_each",
    ),
    # ---- practice
    "adverse_impact_ratio": Evidence(
        "tests/test_practical.py::test_the_uniform_guidelines_example",
        "tests/test_catalogue_decisions.py::test_impact_ratios_are_fairlearns_and_at_most_one",
        "tests/test_catalogue_decisions.py::test_impact_ratios_are_fairlearns_and_at_most_one",
        "practical.adverse_impact",
    ),
    "shortfall": Evidence(
        "tests/test_practical.py::test_the_uniform_guidelines_example",
        "tests/test_catalogue_decisions.py::test_the_shortfall_made_good_leaves_no_gap",
        "none exists: no package whose source is open counts it",
        "practical.adverse_impact",
    ),
    "four_fifths_flip": Evidence(
        "tests/test_practical.py::test_one_or_two_moves_make_a_flip_flop",
        "tests/test_practical.py::test_the_smallest_flip_is_found_by_trying_all",
        "none exists: no package counts it; the property test tries all moves",
        "practical.smallest_flip",
    ),
    "impact_ratio": Evidence(
        "tests/test_practical.py::test_the_race_example_of_the_rule",
        "tests/test_catalogue_decisions.py::test_impact_ratios_are_fairlearns_and_at_most_one",
        "tests/test_catalogue_decisions.py::test_impact_ratios_are_fairlearns_and_at_most_one",
        "local_law.impact_ratios",
    ),
    "scoring_rate": Evidence(
        "tests/test_catalogue_decisions.py::test_the_scoring_rate_by_hand",
        "tests/test_practical.py::test_the_cube_and_the_rows_split_at_the_same_median",
        "tests/test_catalogue_decisions.py::test_the_scoring_rate_is_pandas",
        "scoring_rate.median_split",
    ),
    "standardised_mean_difference": Evidence(
        "tests/test_catalogue_decisions.py::test_the_standardised_difference_of_four_scores",
        "tests/test_catalogue_decisions.py::test_the_standardised_difference_has_no_unit",
        "tests/test_catalogue_decisions.py::test_the_standardised_difference_is_statsmodels",
        "score_gaps.standardised_mean_difference",
    ),
    "smallest_detectable_gap": Evidence(
        "tests/test_catalogue_decisions.py::test_the_smallest_detectable_gap_by_hand",
        "tests/test_catalogue_decisions.py::test_more_rows_show_smaller_gaps",
        "tests/test_significance.py::test_detectable_gap_has_the_power_that_statsmodels_computes",
        "power.smallest_detectable_gap",
    ),
    "differential_fairness": Evidence(
        "tests/test_differential.py::test_a_hand_counted_example_names_the_pair",
        "tests/test_differential.py::test_more_rows_of_the_same_shares_leave_the_empirical_figure",
        "tests/test_differential.py::test_epsilon_is_aif360s",
        "differential.differential_fairness",
    ),
    "bias_amplification": Evidence(
        "tests/test_catalogue_decisions.py::test_bias_amplification_by_hand",
        "tests/test_differential.py::test_amplification_is_the_difference_of_the_epsilons",
        "tests/test_differential.py::test_amplification_is_the_difference_of_the_epsilons",
        "amplification.bias_amplification",
    ),
    # ---- conditional
    "conditional_demographic_disparity": Evidence(
        "tests/test_conditional.py::test_a_stratum_where_nobody_is_rejected_is_left_out",
        "tests/test_conditional.py::test_with_two_groups_the_disparities_are_opposite",
        "tests/test_conditional.py::test_the_disparity_is_clarifys_where_every_stratum_has_both_outcomes",
        "conditional.conditional_disparity",
    ),
    "mantel_haenszel_difference": Evidence(
        "tests/test_catalogue_decisions.py::test_mantel_haenszel_by_hand",
        "tests/test_catalogue_decisions.py::test_the_pooled_difference_is_that_of_a_regression_with_an_intercept_per_stratum",
        "tests/test_catalogue_decisions.py::test_the_pooled_difference_is_that_of_a_regression_with_an_intercept_per_stratum",
        "pooled_gaps.stratified_disparity",
    ),
    "mantel_haenszel_ratio": Evidence(
        "tests/test_catalogue_decisions.py::test_mantel_haenszel_by_hand",
        "tests/test_conditional.py::test_pooled_figures_are_statsmodels",
        "tests/test_conditional.py::test_pooled_figures_are_statsmodels",
        "pooled_gaps.stratified_disparity",
    ),
    # ---- scores
    "roc_auc": Evidence(
        "tests/test_catalogue_scores.py::test_areas_by_hand",
        "tests/test_scores.py::test_a_rising_transform_leaves_auc",
        "tests/test_scores.py::test_auc_is_that_of_scikit_learn_and_of_counted_pairs",
        "scores_auc.auc",
    ),
    "roc_auc_difference": Evidence(
        "tests/test_catalogue_scores.py::test_areas_by_hand",
        "tests/test_catalogue_scores.py::test_differences_of_areas_flip_with_the_reference",
        "tests/test_scores.py::test_differences_are_unpaired_delong_tests",
        "scores_results.differences",
    ),
    **dict.fromkeys(
        ("bpsn_auc", "bnsp_auc"),
        Evidence(
            "tests/test_catalogue_scores.py::test_areas_by_hand",
            "tests/test_catalogue_scores.py::test_of_two_groups_the_background_is_the_other",
            "tests/test_catalogue_scores.py::test_areas_across_groups_are_scikit_learns",
            "scores_auc.subgroup_auc",
        ),
    ),
    "xauc": Evidence(
        "tests/test_catalogue_scores.py::test_areas_by_hand",
        "tests/test_catalogue_scores.py::test_of_two_groups_the_background_is_the_other",
        "tests/test_catalogue_scores.py::test_areas_across_groups_are_scikit_learns",
        "scores_cross.cross_auc",
    ),
    "delta_xauc": Evidence(
        "tests/test_catalogue_scores.py::test_areas_by_hand",
        "tests/test_scores.py::test_swapping_groups_flips_delta_xauc",
        "tests/test_catalogue_scores.py::test_areas_across_groups_are_scikit_learns",
        "scores_cross.delta_xauc",
    ),
    "power_mean_auc": Evidence(
        "tests/test_scores.py::test_power_mean_by_hand",
        "tests/test_catalogue_scores.py::test_the_power_mean_is_scipys_and_leans_to_the_worst",
        "tests/test_catalogue_scores.py::test_the_power_mean_is_scipys_and_leans_to_the_worst",
        "scores_auc.power_mean",
    ),
    "abroca": Evidence(
        "tests/test_catalogue_scores.py::test_abroca_of_a_perfect_and_a_blind_score_by_hand",
        "tests/test_scores_roc.py::test_abroca_is_at_least_the_difference_of_areas_and_symmetric",
        "tests/test_scores_roc.py::test_abroca_by_brute_force",
        "scores_abroca.abroca",
    ),
    "expected_calibration_error": Evidence(
        "tests/test_catalogue_scores.py::test_losses_and_calibration_error_by_hand",
        "tests/test_scores_calibration.py::test_the_bound_of_ece_holds",
        "tests/test_scores_calibration.py::test_reliability_bins_are_scikit_learns",
        "scores_reliability.expected_calibration_error",
    ),
    **dict.fromkeys(
        ("calibration_slope", "calibration_intercept"),
        Evidence(
            "tests/test_catalogue_scores.py::test_two_scores_fix_the_calibration_line",
            "tests/test_scores_calibration.py::test_the_fit_always_arrives",
            "tests/test_scores_calibration.py::test_slope_and_intercept_are_statsmodels",
            "scores_recalibration.recalibration",
        ),
    ),
    "calibration_in_the_large": Evidence(
        "tests/test_catalogue_scores.py::test_two_scores_fix_the_calibration_line",
        "tests/test_scores_calibration.py::test_the_fit_always_arrives",
        "tests/test_scores_calibration.py::test_calibration_in_the_large_is_an_offset_model",
        "scores_recalibration.recalibration",
    ),
    "brier_score": Evidence(
        "tests/test_catalogue_scores.py::test_losses_and_calibration_error_by_hand",
        "tests/test_catalogue_scores.py::test_the_brier_score_lies_between_its_calibrated_part_and_one",
        "tests/test_scores_calibration.py::test_brier_and_log_loss_are_scikit_learns_with_weights",
        "scores_losses.brier_score",
    ),
    "log_loss": Evidence(
        "tests/test_catalogue_scores.py::test_losses_and_calibration_error_by_hand",
        "tests/test_scores_calibration.py::test_the_unbinned_log_loss_lies_above_by_the_bound_at_most",
        "tests/test_scores_calibration.py::test_brier_and_log_loss_are_scikit_learns_with_weights",
        "scores_losses.log_loss",
    ),
    **dict.fromkeys(
        ("balance_for_the_positive_class", "balance_for_the_negative_class"),
        Evidence(
            "tests/test_catalogue_scores.py::test_balance_by_hand",
            "tests/test_catalogue_scores.py::test_balance_flips_with_the_reference",
            "tests/test_scores_calibration.py::test_balance_is_welchs_test",
            "scores_balance.balance",
        ),
    ),
    # ---- data
    **dict.fromkeys(
        ("class_imbalance", "label_difference"),
        Evidence(
            "tests/test_data_bias.py::test_a_hand_counted_example",
            "tests/test_catalogue_people.py::test_differences_of_two_labels_are_clarifys",
            "tests/test_catalogue_people.py::test_differences_of_two_labels_are_clarifys",
            "data_bias.label_bias",
        ),
    ),
    **dict.fromkeys(
        ("label_kl_divergence", "label_lp_norm", "label_total_variation"),
        Evidence(
            "tests/test_data_bias.py::test_a_hand_counted_example",
            "tests/test_data_bias.py::test_distances_are_symmetric_and_divergences_are_not_negative",
            "tests/test_data_bias.py::test_the_measures_are_those_of_clarify",
            "data_bias.label_bias",
        ),
    ),
    **dict.fromkeys(
        ("label_js_divergence", "label_ks_distance"),
        Evidence(
            "tests/test_catalogue_people.py::test_distances_of_labels_by_hand",
            "tests/test_data_bias.py::test_distances_are_symmetric_and_divergences_are_not_negative",
            "tests/test_data_bias.py::test_the_measures_are_those_of_clarify",
            "data_bias.label_bias",
        ),
    ),
    "conditional_label_disparity": Evidence(
        "tests/test_data_bias.py::test_the_conditional_disparity_stands_where_there_are_controls",
        "tests/test_catalogue_decisions.py::test_label_disparity_within_strata_is_that_of_decisions",
        "tests/test_conditional.py::test_the_disparity_is_clarifys_where_every_stratum_has_both_outcomes",
        "data_bias.label_bias",
    ),
    # ---- several classes
    "class_rates": Evidence(
        "tests/test_multiclass.py::test_differences_and_ratios_by_hand",
        "tests/test_multiclass.py::test_two_classes_are_the_binary_case_and_order_does_not_matter",
        "tests/test_multiclass.py::test_recall_and_precision_are_sklearns",
        "multiclass.class_rates",
    ),
    "multiclass_accuracy": Evidence(
        "tests/test_catalogue_people.py::test_accuracy_over_classes_by_hand",
        "tests/test_catalogue_people.py::test_the_names_of_classes_do_not_matter",
        "tests/test_multiclass.py::test_accuracy_in_every_group",
        "multiclass.multiclass_accuracy",
    ),
    "multiclass_difference": Evidence(
        "tests/test_multiclass.py::test_differences_and_ratios_by_hand",
        "tests/test_catalogue_people.py::test_the_names_of_classes_do_not_matter",
        "tests/test_catalogue_people.py::test_multiclass_comparisons_are_fairlearns_of_the_worst_class",
        "multiclass.multiclass_difference",
    ),
    "multiclass_ratio": Evidence(
        "tests/test_multiclass.py::test_differences_and_ratios_by_hand",
        "tests/test_catalogue_people.py::test_the_names_of_classes_do_not_matter",
        "tests/test_catalogue_people.py::test_multiclass_comparisons_are_fairlearns_of_the_worst_class",
        "multiclass.multiclass_ratio",
    ),
    # ---- regression
    **dict.fromkeys(
        (
            "mean_prediction",
            "mean_error",
            "mean_absolute_error",
            "mean_squared_error",
            "root_mean_squared_error",
            "r2_score",
        ),
        Evidence(
            "tests/test_catalogue_people.py::test_fits_and_their_gaps_by_hand",
            "tests/test_catalogue_people.py::test_a_shift_of_labels_and_predictions_leaves_errors_and_gaps",
            "tests/test_regression.py::test_figures_are_scikit_learns",
            "regression.fitted",
        ),
    ),
    **dict.fromkeys(
        (
            "mean_prediction_difference",
            "mean_error_difference",
            "mean_absolute_error_difference",
            "mean_squared_error_difference",
            "root_mean_squared_error_difference",
            "r2_score_difference",
        ),
        Evidence(
            "tests/test_catalogue_people.py::test_fits_and_their_gaps_by_hand",
            "tests/test_catalogue_people.py::test_a_shift_of_labels_and_predictions_leaves_errors_and_gaps",
            "tests/test_catalogue_people.py::test_gaps_of_fits_are_fairlearns",
            "fit_gaps.worst_regression_gap",
        ),
    ),
    **dict.fromkeys(
        ("prediction_wasserstein_distance", "prediction_ks_distance"),
        Evidence(
            "tests/test_catalogue_people.py::test_distances_of_predictions_by_hand",
            "tests/test_regression.py::test_area_and_maximum_are_those_over_all_thresholds",
            "tests/test_regression.py::test_distances_are_scipys",
            "prediction_distance.prediction_distances",
        ),
    ),
    "prediction_mean_gap": Evidence(
        "tests/test_catalogue_people.py::test_distances_of_predictions_by_hand",
        "tests/test_regression.py::test_area_and_maximum_are_those_over_all_thresholds",
        "tests/test_catalogue_people.py::test_the_mean_gap_is_scipys_area_by_the_range",
        "prediction_distance.prediction_distances",
    ),
    # ---- individuals
    "consistency": Evidence(
        "tests/test_individual.py::test_a_hand_counted_example",
        "tests/test_catalogue_people.py::test_consistency_does_not_depend_on_order_and_is_one_for_equal_decisions",
        "tests/test_individual.py::test_with_the_point_itself_consistency_is_aif360s",
        "individual.consistency",
    ),
    "counterfactual_flip_rate": Evidence(
        "tests/test_individual.py::test_flips_by_hand_in_any_frame",
        "tests/test_catalogue_people.py::test_flips_are_those_of_each_person_asked_alone",
        "none exists: others compare pairs made beforehand; the property test asks for each person alone",
        "flips.counterfactual_flip_rate",
    ),
    "generalized_entropy": Evidence(
        "tests/test_catalogue_people.py::test_inequality_of_four_decisions_by_hand",
        "tests/test_individual.py::test_entropy_does_not_depend_on_the_unit_and_is_not_negative",
        "tests/test_catalogue_people.py::test_parts_of_inequality_are_aif360s",
        "benefits.decision_inequality",
    ),
    "theil_index": Evidence(
        "tests/test_catalogue_people.py::test_inequality_of_four_decisions_by_hand",
        "tests/test_individual.py::test_alpha_zero_and_one_are_limits",
        "tests/test_individual.py::test_the_entropy_is_aif360s_for_an_alpha_that_is_not_zero",
        "benefits.decision_inequality",
    ),
    "coefficient_of_variation": Evidence(
        "tests/test_catalogue_people.py::test_inequality_of_four_decisions_by_hand",
        "tests/test_catalogue_people.py::test_parts_of_inequality_are_aif360s",
        "tests/test_individual.py::test_the_coefficient_of_variation_is_numpys",
        "inequality.coefficient_of_variation",
    ),
    "between_group_entropy": Evidence(
        "tests/test_catalogue_people.py::test_inequality_of_four_decisions_by_hand",
        "tests/test_individual.py::test_between_and_within_add_up",
        "tests/test_catalogue_people.py::test_parts_of_inequality_are_aif360s",
        "benefits.decision_inequality",
    ),
    "benefit_inequality": Evidence(
        "tests/test_catalogue_people.py::test_inequality_of_any_benefits_by_hand",
        "tests/test_individual.py::test_counts_and_rows_agree",
        "tests/test_catalogue_people.py::test_parts_of_inequality_are_aif360s",
        "benefits.benefit_inequality",
    ),
    # ---- rankings
    **dict.fromkeys(
        ("selection_at_k", "selection_ratio_at_k"),
        Evidence(
            "tests/test_ranking.py::test_the_top_by_hand",
            "tests/test_ranking.py::test_ties_give_the_mean_over_all_orders_of_the_tied",
            "tests/test_catalogue_scores.py::test_the_top_is_fairlearns_selection",
            "rank_audit.audit_ranking",
        ),
    ),
    "skew_at_k": Evidence(
        "tests/test_ranking.py::test_the_top_by_hand",
        "tests/test_ranking.py::test_ties_give_the_mean_over_all_orders_of_the_tied",
        "tests/test_catalogue_scores.py::test_the_top_is_fairlearns_selection",
        "ranking.skew",
    ),
    **dict.fromkeys(
        ("exposure", "exposure_ratio"),
        Evidence(
            "tests/test_ranking.py::test_exposure_is_the_mean_attention",
            "tests/test_catalogue_scores.py::test_exposure_is_scikit_learns_gain_also_with_ties",
            "tests/test_catalogue_scores.py::test_exposure_is_scikit_learns_gain_also_with_ties",
            "rank_audit.audit_ranking",
        ),
    ),
    "ndkl": Evidence(
        "tests/test_catalogue_scores.py::test_two_places_by_hand",
        "tests/test_catalogue_scores.py::test_the_names_of_groups_do_not_matter_to_a_ranking",
        "tests/test_ranking.py::test_ndkl_is_geyiks",
        "ranking.ndkl",
    ),
    "attention_weighted_rank_fairness": Evidence(
        "tests/test_catalogue_scores.py::test_two_places_by_hand",
        "tests/test_catalogue_scores.py::test_the_names_of_groups_do_not_matter_to_a_ranking",
        "tests/test_ranking.py::test_rank_fairness_is_one_minus_the_divergence_of_attention",
        "ranking.rank_fairness",
    ),
    # ---- repeated people, surveys, probable membership
    "design_effect": Evidence(
        "tests/test_clusters.py::test_rows_copied_for_everybody_are_worth_no_more_than_people",
        "tests/test_clusters.py::test_without_repeats_it_is_the_plain_count",
        "tests/test_clusters.py::test_the_variance_is_statsmodels_cluster_robust_one",
        "clusters.cluster_robust",
    ),
    "clustered_rate": Evidence(
        "tests/test_clusters.py::test_resamples_that_never_vary_claim_no_certainty",
        "tests/test_clusters.py::test_profiles_are_the_distinct_people",
        "tests/test_clusters.py::test_bca_agrees_with_scipy",
        "cluster_resampling.cluster_bootstrap",
    ),
    "survey_rate": Evidence(
        "tests/test_survey.py::test_strata_and_units_by_hand",
        "tests/test_survey.py::test_the_unit_of_the_weights_does_not_matter",
        "tests/test_survey.py::test_units_alone_are_statsmodels_cluster_variance",
        "survey.survey_rates",
    ),
    "membership_rate": Evidence(
        "tests/test_membership.py::test_the_estimator_by_hand",
        "tests/test_membership.py::test_rates_of_groups_add_up_to_the_overall_rate",
        "tests/test_membership.py::test_covariances_are_those_of_the_jackknife",
        "membership.probabilistic_rates",
    ),
    "membership_rate_lower_bound": Evidence(
        "tests/test_membership.py::test_bounds_by_hand_and_of_sure_members",
        "tests/test_membership.py::test_coarser_cells_never_narrow_the_bounds",
        "tests/test_membership.py::test_bounds_are_those_of_a_linear_programme",
        "membership_bounds.rate_bounds",
    ),
    "membership_rate_upper_bound": Evidence(
        "tests/test_membership.py::test_bounds_by_hand_and_of_sure_members",
        "tests/test_membership.py::test_coarser_cells_never_narrow_the_bounds",
        "tests/test_membership.py::test_bounds_are_those_of_a_linear_programme",
        "membership_bounds.rate_bounds",
    ),
}
