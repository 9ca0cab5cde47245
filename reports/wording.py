"""Every sentence of the pages, by key: the message catalogue.

Another language is another dictionary with the same keys. Templates and views ask for a message by key
through :func:`say` and :func:`count_words`, and hold no wording of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..metrics.catalogue import CATALOGUE
from .formats import count


@dataclass(frozen=True)
class Words:
    """A metric in words.

    Parameters
    ----------
    name : str
        As a heading.
    short : str
        As a label in a picture whose title says whether differences or ratios are shown.
    plain : str
        What it tells, for someone who has never heard of it.
    formula : str
    fair : str
        The value that means fair.
    source : str
        Where the measure was defined.
    """

    name: str
    short: str
    plain: str
    formula: str
    fair: str
    source: str


def words_of(metric: str) -> Words:
    """Give a metric's words; a name outside the catalogue stands for itself.

    Examples
    --------
    >>> words_of("equal_opportunity_difference").name, words_of("equal_opportunity_difference").fair
    ('Equal opportunity difference', '0')
    """
    row = CATALOGUE.get(metric)
    if row is None:
        name = _capital(metric.replace("_", " "))
        return Words(name, name, "", "", "", "")
    fair = row.better if row.fair is None else f"{row.fair:g}"
    short = _capital(row.title.removesuffix(" difference").removesuffix(" ratio"))
    return Words(_capital(row.title), short, row.meaning, row.formula, fair, row.source)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


ENGLISH: dict[str, str] = {
    # states
    "state.pass": "pass",
    "state.fail": "fail",
    "state.inconclusive": "inconclusive",
    "state.undefined": "undefined",
    "mark.withheld": "withheld",
    "mark.small": "too small to judge",
    "mark.missing": "value missing",
    "mark.reference": "reference",
    "mark.narrower": "narrower",
    "mark.wider": "wider",
    "mark.higher": "higher",
    "mark.lower": "lower",
    "mark.noise": "within noise",
    "mark.reversed": "turned round",
    "mark.remains": "gap remains",
    # top
    "page.kicker": "Fairness audit",
    "page.skip": "Skip to the report",
    "page.contents": "Contents",
    "headline.pass.one": "The one limit of the policy is met.",
    "headline.pass.other": "All {count} limits of the policy are met.",
    "headline.fail.one": "The one limit of the policy is broken.",
    "headline.fail.other": "{part} of {count} limits are broken.",
    "headline.fail_single": "1 of {count} limits is broken.",
    "headline.open": "No limit is broken, and {part} of {count} cannot be decided.",
    "headline.none": "Nothing was judged: the audit was made without a policy.",
    "headline.tally": "{passed} pass, {failed} fail, {inconclusive} inconclusive, {undefined} undefined.",
    "headline.none_note": (
        "The figures below stand without a verdict. A policy is a list of limits, fixed before the audit."
    ),
    "headline.rule": (
        "A limit passes when the whole interval lies inside it, fails when the whole interval lies "
        "outside, and is inconclusive when the interval straddles it. Neither inconclusive nor "
        "undefined is a pass."
    ),
    "verdict.heading": "Verdict, limit by limit",
    "verdict.claim": "{metric} by {attribute}: {ends}",
    "verdict.claim.overall": "{metric}, overall: {ends}",
    "verdict.family": (
        "Where an interval is wider than the policy's confidence asks for, it allows for the {count} limits"
        " being judged together as one family (Holm), or for several groups being compared."
    ),
    "verdict.found": "Found {figure}, {level} interval {interval}.",
    "verdict.found.bare": "Found {figure}.",
    "verdict.whose": " ({group}, the group that decides)",
    "verdict.between": " ({group} against {reference})",
    "verdict.found.withheld": "The figure concerns a group whose figures are withheld.",
    "verdict.words.pass": "The whole interval lies inside the limit.",
    "verdict.words.fail": "The whole interval lies outside the limit.",
    "verdict.words.inconclusive": "The interval straddles the limit, so these data cannot tell.",
    "verdict.words.undefined": "Undefined: {reason}.",
    "verdict.words.held": "Inside the limit, but {reason}.",
    "verdict.point": "By the policy, this limit is decided on the figure itself and not on its interval.",
    "verdict.waived": "The policy waives these groups: {groups}.",
    # facts
    "facts.heading": "What was audited",
    "facts.intro": (
        "The system, the model and the data of this audit, each with the fingerprint (SHA-256) by which"
        " it can be recognised."
    ),
    "facts.system": "System",
    "facts.model": "Model",
    "facts.no_model": "none given: only its decisions or scores were audited",
    "facts.uses": "Sensitive columns used",
    "facts.uses.none": "none among the model's inputs",
    "facts.inputs": "Columns the model reads",
    "facts.data": "Data audited",
    "facts.train": "Training data",
    "facts.table": "{name}: {rows} rows, {columns} columns",
    "facts.favourable": "Favourable outcome",
    "facts.favourable.text": "{target} = {label}",
    "facts.decision": "Decision",
    "facts.decision.score": "selected where {score} is {threshold} or more",
    "facts.decision.score_only": "score {score}",
    "facts.decision.prediction": "column {prediction}",
    "facts.decision.model": "the model's own decision",
    "facts.weight": "Weights",
    "facts.weight.text": "{weight} ({kind} weights)",
    "facts.policy": "Policy",
    "facts.no_policy": "none",
    "facts.unnamed_policy": "in the settings",
    "facts.settings": "Settings",
    "facts.settings.text": "all settings of this run, in the record",
    "facts.created": "Made",
    "facts.level": "Confidence",
    "facts.level.text": "{level} intervals",
    "facts.seed": "Seed of random draws",
    "facts.sizes": "Group sizes",
    "facts.sizes.text": "judged from {minimum} people on; withheld under {privacy}",
    "facts.attributes": "Compared by",
    "facts.software": "Software",
    "facts.packages": "Packages",
    "facts.credit": "Data credit",
    # sections
    "picture.heading": "Who is treated how",
    "picture.intro": (
        "Each dot is the share of a group that gets the favourable decision; the line through it is the"
        " {level} interval, the range in which the true share plausibly lies. The dashed line is "
        "everybody ({overall}). The further apart the dots, the more unequal the treatment."
    ),
    "picture.title": "Selected, by {name}",
    "unknown.heading": "What is not known",
    "unknown.intro": (
        "What this audit could not tell, left out or wants its reader to know, before the figures."
    ),
    "unknown.none": "Nothing was left out.",
    "unknown.absent": "{part} is absent: {reason}.",
    "unknown.inconclusive.one": (
        "1 limit is inconclusive: the data cannot tell whether it is met. More rows would narrow the "
        "interval."
    ),
    "unknown.inconclusive.other": (
        "{count} limits are inconclusive: the data cannot tell whether they are met. More rows would "
        "narrow the intervals."
    ),
    "unknown.undefined.one": "1 limit has no figure, so it was not judged.",
    "unknown.undefined.other": "{count} limits have no figure, so they were not judged.",
    "unknown.small": "By {name}, too small to judge (under {minimum} people): {groups}.",
    "unknown.withheld.one": "By {name}, the figures of 1 group are withheld.",
    "unknown.withheld.other": "By {name}, the figures of {count} groups are withheld.",
    "unknown.missing": "By {name}, {count} rows have no value; they are shown as a group of their own.",
    "matrix.heading": "All disparities at a glance",
    "matrix.intro": (
        "One line for each measure, one column for each way of grouping people. Every cell shows the "
        "widest gap between any two groups with its {level} interval and, where the policy sets a "
        "limit, the verdict. Columns lead to their sections, measures to the glossary."
    ),
    "matrix.caption": "Widest gap between groups, by measure and attribute",
    "matrix.column": "By {name}",
    "grouping.heading": "By {name}",
    "grouping.intro.one": "1 group.",
    "grouping.intro.other": "{count} groups.",
    "grouping.intro.reference": "◆ marks the reference group, {reference}.",
    "grouping.intro.small": (
        "○ marks figures that rest on fewer than {minimum} people: shown, and left out of the widest gaps."
    ),
    "grouping.rates.described": (
        "{metric} of {count} groups by {name}: lowest {low_group} with {low}, highest {high_group} with"
        " {high}; everybody {overall}. All figures stand in the table below."
    ),
    "grouping.rates.described.none": "{metric} by {name}: no group has a figure.",
    "grouping.gaps.title": "Widest gaps by {name}, in points",
    "grouping.gaps.ratio_title": "Lowest ratios by {name}",
    "grouping.gaps.described": (
        "The widest gap of each measure by {name} with its interval: {figures}. All figures stand in "
        "the table below."
    ),
    "grouping.gaps.legend": (
        "For each measure, the two groups that are furthest apart. At the dashed line there is no gap."
    ),
    "grouping.gaps.legend.chance": (
        "The grey band is what chance alone would give in 95 of 100 audits of groups that are treated alike."
    ),
    "grouping.gaps.legend.limit": "The short upright bar is the policy's limit.",
    "grouping.table.first": "Groups by {name}: size, selection and accuracy",
    "grouping.table.second": "Groups by {name}: right and wrong decisions",
    "grouping.table.against": "Each group by {name} against {reference}: selection",
    "grouping.table.against_more": (
        "Each group by {name} against {reference}: other rates, group minus {reference}, in points"
    ),
    "grouping.table.worst": "Widest gaps by {name}: the two groups furthest apart",
    "grouping.gaps.heading": "Gaps between groups",
    "grouping.rates.heading": "Rates of each group",
    "grouping.rates.intro": (
        "Each dot is a group, the line through it the interval; the dashed line is everybody."
    ),
    "grouping.more_pictures": "More pictures: {names}",
    "grouping.tables": "All rates of each group, as tables",
    "grouping.more_ratios.one": "1 more measure: the same gap as a ratio",
    "grouping.more_ratios.other": "{count} more measures: the same gaps as ratios",
    "grouping.against.heading": "Compared with {reference}",
    "grouping.against.intro": (
        "Each line says how one group fares next to {reference}: below zero, or below a ratio of 1, its"
        " rate is the lower one. Figures stand over their intervals."
    ),
    "grouping.everyone": "everyone",
    "against.reference": "the reference group",
    "against.largest": "the largest group",
    "against.best": "the best-treated group",
    "against.overall": "everyone",
    "against.rest": "everyone else",
    "grouping.worst_first": "Groups stand with the lowest selection rate first.",
    "grouping.more.one": "1 more group",
    "grouping.more.other": "{count} more groups",
    "grouping.chart_top": (
        "The pictures show the {count} groups with the lowest selection rates; the tables hold all {total}."
    ),
    "grouping.withheld_note": (
        "Withheld: {groups}. Figures of groups under {privacy} people are withheld, and where they "
        "could be worked out from the others, the next smallest group's are withheld too."
    ),
    "column.group": "Group",
    "column.rows": "People",
    "column.share": "Share",
    "column.difference": "Difference",
    "column.ratio": "Ratio",
    "column.p": "p-value",
    "column.measure": "Measure",
    "column.gap": "Gap",
    "column.between": "Between",
    "column.chance": "By chance, up to",
    "column.limit": "Limit",
    "column.verdict": "Verdict",
    "column.compared": "Groups compared",
    "cell.between": "{first} and {second}",
    "cell.left_out": "{count} left out",
    "cell.at_most": "at most {limit}",
    "cell.at_least": "at least {limit}",
    "cell.no_limit": "none set",
    "cell.reason": "undefined: {reason}",
    # like with like
    "conditional.heading": "Like with like",
    "conditional.intro": (
        "Groups compared only within each level of another column, and the differences pooled over the "
        "levels (Mantel-Haenszel, {level} intervals), beside the difference with all levels together. A "
        "gap that shrinks within levels comes with how the groups are spread over them; a gap that remains "
        "does not. Whether that column itself is fair to judge by is not for figures to say."
    ),
    "conditional.part": "By {grouping}, within the levels of {control}",
    "conditional.table": "Differences by {grouping}: all together, and within the levels of {control}",
    "conditional.pair": "{group} minus {reference}",
    "conditional.more.one": "1 more line: other rates and small groups",
    "conditional.more.other": "{count} more lines: other rates and small groups",
    "conditional.reversed": (
        "Simpson's reversal: the difference in {metric}, {pair}, is {crude} with all levels together, and "
        "{value} within the levels of {control}."
    ),
    "conditional.withheld.one": "The figures of 1 group are withheld.",
    "conditional.withheld.other": "The figures of {count} groups are withheld.",
    "conditional.fold": "Widest gaps within each level of {control}",
    "conditional.fold.lead": "The two groups furthest apart among the rows of each level alone.",
    "conditional.levels": "Widest gaps by {grouping} within each level of {control}",
    "column.rate": "Rate",
    "column.crude": "All together",
    "column.pooled": "Within levels, pooled",
    "column.levels": "Levels compared",
    # slices
    "slices.heading": "Slices with the worst rates",
    "slices.intro": (
        "Slices of people whose rate is worse than that of all others (lower; for rates of errors, higher), "
        "searched over {columns}, {depth}, with at least {minimum} people each. The p-value is adjusted for "
        "all slices searched (Benjamini-Hochberg): of those shown at most {share} are expected to be false "
        "alarms. The gap's interval is widened for having been chosen among many."
    ),
    "slices.depth.one": "one column at a time",
    "slices.depth.other": "up to {count} at a time",
    "slices.part.worst": "{metric}",
    "slices.part.lower": "{metric}: lower than for the rest",
    "slices.part.higher": "{metric}: higher than for the rest",
    "slices.part.both": "{metric}: unlike the rest",
    "slices.table": "Slices by {metric}, the surest gap first",
    "slices.none": "No slice differs from the rest by more than chance explains.",
    "slices.method": "How it was searched",
    "slices.more.one": "1 more slice",
    "slices.more.other": "{count} more slices",
    "column.slice": "Slice",
    "column.slice_rate": "Rate of the slice",
    "column.rest_rate": "Rate of the rest",
    "column.slice_gap": "Gap",
    "column.adjusted": "Adjusted p",
    # explanation
    "explain.heading": "Where the gap comes from",
    "explain.intro": (
        "Each bar is what one column of the data contributes to the gap between two groups in the "
        "model's output: the first group's figure minus the second's, so left of zero means lower for the "
        "first group. Bars on the side of the gap add to it; bars on the other side offset it. A "
        "contribution says what the model relies on, not that the column causes anything."
    ),
    "explain.not_causes": "These are contributions within the model, not causes.",
    "explain.none": "No gap was explained: {reason}.",
    "explain.none.default": "the record holds no explanation",
    "explain.block": "By {grouping}: {group} against {reference}",
    "explain.check": "Bars add up to {total}; measured {measured}; remainder {residual}.",
    "explain.gross": "Pulls in both directions add up to {gross}, signs aside.",
    "explain.log_odds": "The same on the log-odds scale, by {engine}",
    "explain.engine": "Computed by {engine} from {rows} rows and {walks} draws, seed {seed}. {game}",
    "explain.engine.exact": "Computed by {engine} from {rows} rows, seed {seed}. {game}",
    "explain.game.direct": "The two groups are compared with each other directly.",
    "explain.game.common": "Both groups are compared with the same background of rows.",
    "explain.chart.points": "Contributions to the gap of {measured}",
    "explain.chart.score": "Contributions to the gap of {measured}",
    "explain.described": ("The largest of {count} columns: {figures}. All figures stand in the table below."),
    "explain.rest": "{count} other columns",
    "explain.table": "{gap}, contribution of each column. {pair}",
    "explain.withheld": (
        "An explanation of a gap by {grouping} is withheld: it concerns a group whose figures are withheld."
    ),
    "column.column": "Column",
    "column.contribution": "Contribution",
    "column.sampling": "Error from sampling rows",
    "column.monte_carlo": "Error from random draws",
    "explain.figures": "Figures and method",
    "explain.sum": "All bars together",
    "gap.mean_log_odds": "Mean score, on the log-odds scale",
    # mitigation
    "mitigate.heading": "What would narrow the gap",
    "mitigate.intro": (
        "The model was retrained in each of these ways, on the training rows only, and measured again "
        "on the same test rows. A change within noise is no evidence of an effect."
    ),
    "mitigate.glance": "At a glance",
    "mitigate.glance.caption": "Change in accuracy, and in the {metric} between groups, with its interval",
    "mitigate.short.never": "never",
    "mitigate.short.training": "in training only",
    "mitigate.short.decision": "for every decision",
    "mitigate.worse": "Clearly wider with {method}: {figures}{more}.",
    "mitigate.worse.figure": "{metric} by {grouping} ({before} → {after})",
    "mitigate.worse.more.one": "and 1 more",
    "mitigate.worse.more.other": "and {count} more",
    "mitigate.none_worse": "No method clearly widened any of the gaps measured.",
    "mitigate.pictures": "Before and after",
    "mitigate.pictures.intro": "○ is before, ● after; the lines are {level} intervals.",
    "mitigate.more_pictures.one": "1 more picture: another measure",
    "mitigate.more_pictures.other": "{count} more pictures: the other measures",
    "mitigate.figures.one": "1 figure, before and after",
    "mitigate.figures.other": "All {count} figures, before and after",
    "mitigate.none": "Nothing was retrained: {reason}.",
    "mitigate.none.default": "the record holds no mitigation",
    "mitigate.described": "{metric} before and after: {figures}. All figures stand in the tables below.",
    "mitigate.line": "{label} from {before} to {after}",
    "mitigate.label": "{grouping}: {method}",
    "mitigate.table": "{method}: before and after",
    "mitigate.needs.never": "Never needs the sensitive attribute.",
    "mitigate.needs.training": "Needs the sensitive attribute in training only, not for decisions.",
    "mitigate.needs.decision": (
        "Needs the sensitive attribute for every decision; in many places that is unlawful."
    ),
    "column.method": "Method",
    "column.needs": "Needs the attribute",
    "column.accuracy": "Accuracy, overall",
    "column.figure": "Figure",
    "column.before": "Before",
    "column.after": "After",
    "column.change": "Change",
    "column.effect": "Effect",
    # methods
    "methods.heading": "How each figure was computed",
    "methods.intro": (
        "The counting, the intervals and the rule of decision, so that every figure can be checked."
    ),
    "methods.counts": (
        "Every rate is a fraction of four counts per group: true positives (TP), false positives (FP), "
        "false negatives (FN) and true negatives (TN), with n their sum. Rows were counted once; all "
        "figures come from those counts."
    ),
    "methods.sign": (
        "A difference is the named group minus the reference; a ratio is the named group divided by the"
        " reference. A widest gap is largest minus smallest and has no sign. Points are percentage "
        "points."
    ),
    "methods.interval": (
        "An interval is the range that would hold the true figure in {level} of such audits. Methods "
        "used here: {methods}."
    ),
    "methods.worst": (
        "The widest of many gaps is never exactly zero, even where all groups are treated alike. Its "
        "interval therefore leaves zero only if a permutation test does, and the tables print what "
        "chance alone would give."
    ),
    "methods.minimum": (
        "A rate that rests on fewer than {minimum} people is shown and left out of the widest gaps. A "
        "limit over all groups is then inconclusive at best, unless the policy waives that group."
    ),
    "methods.privacy": (
        "Figures of groups under {privacy} people are withheld, and further groups' where the hidden "
        "ones could otherwise be worked out from totals or other tables."
    ),
    "methods.undefined": "A rate whose denominator is zero is undefined. It is never counted as zero.",
    "methods.point": (
        "p-values are two-sided; they measure surprise if the groups were treated alike, not the size "
        "of a gap."
    ),
    "glossary.heading": "Glossary",
    "glossary.intro": (
        "Every measure on this page in plain words, with its formula and the value that means fair."
    ),
    "glossary.formula": "Formula",
    "glossary.fair": "Fair value",
    "glossary.source": "Source",
    # sign-off
    "sign.heading": "Sign-off",
    "sign.intro": (
        "By signing, a reviewer confirms having read this report. The signature covers the record with "
        "the fingerprints above."
    ),
    "sign.name": "Name",
    "sign.role": "Role",
    "sign.date": "Date",
    "sign.signature": "Signature",
    "sign.decision": "Decision and conditions",
    "sign.auditor": "Prepared by",
    "sign.reviewer": "Reviewed by",
    "footer.made": "Made with Evenhand {version}, {created}. Seed {seed}.",
    "footer.data": "Data {sha}",
    "footer.model": "Model {sha}",
    "footer.settings": "Settings {sha}",
    "footer.policy": "Policy {sha}",
    "footer.legal": "This report states measurements; it is no legal advice.",
    "table.scroll": "Table, scrolls sideways: {caption}",
    "fragment.more": "Save the whole report with to_html(path).",
}


def say(key: str, **values: object) -> str:
    """Give a message with its values filled in.

    Raises
    ------
    KeyError
        The catalogue holds no such message, or the message wants a value that was not given.

    Examples
    --------
    >>> say("grouping.heading", name="sex")
    'By sex'
    """
    return ENGLISH[key].format(**values)


def say_many(key: str, number: int, **values: object) -> str:
    """Give the message for one or for several.

    Examples
    --------
    >>> say_many("grouping.more", 970)
    '970 more groups'
    """
    return say(f"{key}.{'one' if number == 1 else 'other'}", count=count(number), **values)
