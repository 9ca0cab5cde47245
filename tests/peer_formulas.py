"""Formulas of AIF360 0.6.1 and of SageMaker Clarify (smclarify 0.5), written anew from their definitions.

Both packages pin old versions of what this project uses, so the tests compare with what they compute rather
than with the packages. ``d`` marks the rows of the group in question (unprivileged, or Clarify's facet).
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors


def quotient(a, b):
    """Clarify's division: smclarify 0.5, bias.metrics.common.divide."""
    if b:
        return a / b
    return 0.0 if a == 0 else float(np.copysign(np.inf, a))


# ---- AIF360 ----------------------------------------------------------------------------------------


def aif360_parity_difference(p, privileged):
    """Signed gap: aif360 0.6.1, sklearn.metrics.statistical_parity_difference."""
    return p[~privileged].mean() - p[privileged].mean()


def aif360_disparate_impact(p, privileged):
    """Unprivileged by privileged: aif360 0.6.1, BinaryLabelDatasetMetric.disparate_impact."""
    with np.errstate(all="ignore"):
        return p[~privileged].mean() / p[privileged].mean()


def aif360_disparate_impact_ratio(p, privileged):
    """The same in the scikit-learn face, 0 for a zero divisor: aif360 0.6.1, sklearn.metrics.ratio."""
    return p[~privileged].mean() / p[privileged].mean() if p[privileged].any() else 0.0


def aif360_recall_difference(y, p, privileged):
    """Gap of scikit-learn's recall: aif360 0.6.1, sklearn.metrics.equal_opportunity_difference."""
    recall = [quotient((y & p)[rows].sum(), y[rows].sum()) for rows in (~privileged, privileged)]
    return recall[0] - recall[1]


def aif360_precision(y, p):
    """0 where nobody is selected: aif360 0.6.1, ClassificationMetric.performance_measures (PPV)."""
    return (y & p).sum() / p.sum() if p.any() else 0.0


def aif360_average_odds_difference(y, p, privileged):
    """Mean of two signed gaps: aif360 0.6.1, ClassificationMetric.average_odds_difference."""
    gaps = [p[~privileged & (y == label)].mean() - p[privileged & (y == label)].mean() for label in (0, 1)]
    return sum(gaps) / 2


def aif360_entropy(b, alpha):
    """Entropy of benefits: aif360 0.6.1, sklearn.metrics.generalized_entropy_index."""
    mean = b.mean()
    if alpha == 0:
        return -np.mean(np.log(b / mean) / mean)
    if alpha == 1:
        return np.mean(np.log((b / mean) ** b) / mean)
    return np.mean((b / mean) ** alpha - 1) / (alpha * (alpha - 1))


def aif360_between_groups(b, groups, unprivileged, privileged):
    """Others keep 0: aif360 0.6.1, ClassificationMetric.between_group_generalized_entropy_index."""
    means = np.zeros(len(b))
    for group in (unprivileged, privileged):
        means[groups == group] = b[groups == group].mean()
    return aif360_entropy(means, 2)


def aif360_consistency(x, y, k):
    """A row is among its own neighbours: aif360 0.6.1, sklearn.metrics.consistency_score."""
    near = NearestNeighbors(n_neighbors=k, algorithm="ball_tree").fit(x).kneighbors(x, return_distance=False)
    return 1 - np.abs(y - y[near].mean(axis=1)).mean()


def aif360_conditional_disparity(p, groups):
    """Strata are the groups: aif360 0.6.1, sklearn.metrics.conditional_demographic_disparity."""
    parts = [p[groups == group] for group in np.unique(groups)]
    disparities = [(own == 0).sum() / (p == 0).sum() - own.sum() / p.sum() for own in parts]
    return np.dot([len(own) for own in parts], disparities) / len(p)


def aif360_class_imbalance(privileged):
    """(N_u - N_p) / N: aif360 0.6.1, sklearn.metrics.class_imbalance."""
    return ((~privileged).sum() - privileged.sum()) / len(privileged)


def aif360_kl(y, p, privileged):
    """Support is that of the labels, also for decisions: aif360 0.6.1, sklearn.metrics.kl_divergence."""
    shares = [(np.mean(p[privileged] == value), np.mean(p[~privileged] == value)) for value in np.unique(y)]
    return sum(a * np.log(a / b) for a, b in shares if a)


def aif360_edf(y, groups, positive=1, concentration=1.0):
    """Smoothed by the labels that a group has: aif360 0.6.1, sklearn.metrics.smoothed_edf."""
    parts = [y[groups == group] for group in np.unique(groups)]
    rates = np.array(
        [
            ((own == positive).sum() + concentration / len(np.unique(own))) / (len(own) + concentration)
            for own in parts
        ]
    )
    with np.errstate(all="ignore"):
        logs = np.log(np.array([rates, 1 - rates]))
        return max(max(abs(i - j) for i, j in itertools.permutations(row, 2)) for row in logs)


def aif360_complete_rows(frame):
    """Rows with anything missing are dropped: aif360 0.6.1, datasets.StandardDataset."""
    return frame.dropna()


# ---- SageMaker Clarify -----------------------------------------------------------------------------


def clarify_recall_difference(y, p, d):
    """Recall of a minus recall of d: smclarify 0.5, bias.metrics.posttraining.RD."""
    recall = [quotient((y & p)[rows].sum(), y[rows].sum()) for rows in (~d, d)]
    return recall[0] - recall[1]


def clarify_specificity_difference(y, p, d):
    """Specificity of d minus that of a: smclarify 0.5, bias.metrics.posttraining.SD."""
    kept = [quotient(((1 - y) & (1 - p))[rows].sum(), (1 - y)[rows].sum()) for rows in (d, ~d)]
    return kept[0] - kept[1]


def clarify_acceptance_difference(y, p, d):
    """Precision of a minus precision of d: smclarify 0.5, bias.metrics.posttraining.DAR."""
    precision = [quotient((y & p)[rows].sum(), p[rows].sum()) for rows in (~d, d)]
    return precision[0] - precision[1]


def clarify_disparate_impact(p, d):
    """Rate of d by rate of a: smclarify 0.5, bias.metrics.posttraining.DI."""
    return quotient(p[d].mean(), p[~d].mean())


def clarify_treatment_equality(y, p, d):
    """FN / FP of d minus that of a; 0 where equal: smclarify 0.5, bias.metrics.posttraining.TE."""
    tau = [quotient((y & (1 - p))[rows].sum(), ((1 - y) & p)[rows].sum()) for rows in (d, ~d)]
    return 0.0 if tau[0] == tau[1] else tau[0] - tau[1]


def clarify_shares(labels, d):
    """Shares of the label values that both have: smclarify 0.5, util.pdfs_aligned_nonzero."""
    common = sorted(set(labels[d]) & set(labels[~d]))
    return tuple(np.array([np.mean(labels[rows] == value) for value in common]) for rows in (~d, d))


def clarify_kl(labels, d):
    """Divergence of a from d: smclarify 0.5, bias.metrics.pretraining.KL."""
    a, b = clarify_shares(labels, d)
    return float(np.sum(a * np.log(a / b)))


def clarify_js(labels, d):
    """Mean divergence from the middle: smclarify 0.5, bias.metrics.pretraining.JS."""
    a, b = clarify_shares(labels, d)
    middle = (a + b) / 2
    return float(np.sum(a * np.log(a / middle)) + np.sum(b * np.log(b / middle))) / 2


def clarify_norm(labels, d, order):
    """Norms LP (2), TVD (half of 1) and KS (inf): smclarify 0.5, bias.metrics.pretraining.LP_norm."""
    a, b = clarify_shares(labels, d)
    return float(np.linalg.norm(a - b, order))


def clarify_conditional_disparity(accepted, d, strata):
    """A share of nobody is 0: smclarify 0.5, bias.metrics.common.CDD."""
    if accepted.all() or not accepted.any():
        raise ValueError("no negative or no positive labels")
    found = 0.0
    for stratum in np.unique(strata):
        inside = strata == stratum
        sides = inside & ~accepted, inside & accepted
        rejected, taken = (quotient((d & side).sum(), side.sum()) for side in sides)
        found += inside.sum() * (rejected - taken)
    return found / len(strata)


def clarify_entropy(y, p, alpha):
    """Entropy of benefits: smclarify 0.5, bias.metrics.common.GE."""
    if alpha in (0, 1):
        raise NotImplementedError
    b = p - y + 1
    if not b.any():
        raise ValueError("all are false negatives")
    return np.sum((b / b.mean()) ** alpha - 1) / (len(b) * alpha * (alpha - 1))


def clarify_positive(labels, values):
    """Numbers of which 5 % differ are cut: smclarify 0.5, bias.report._positive_label_index."""
    numbers = np.issubdtype(labels.dtype, np.integer) and len(np.unique(labels)) / len(labels) >= 0.05
    if len(values) > 1 or not numbers:
        return np.isin(labels, values)
    edges = sorted({*values, labels.max()})
    return (labels > edges[0]) & (labels <= edges[-1])


def clarify_facet(column, value):
    """Whatever is not the value is the other group: smclarify 0.5, bias.report._categorical_data_idx."""
    return (pd.Series(column) == value).to_numpy()


def clarify_flip_test(x, p, d):
    """Neighbours among the others decide: smclarify 0.5, bias.metrics.posttraining.FT."""
    model = KNeighborsClassifier(5 if (~d).sum() > 9 else 1).fit(x[~d], p[~d])
    return float(np.mean(p[d] - model.predict(x[d])))
