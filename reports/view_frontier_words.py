"""How the trade-off's candidates, figures and limits are named."""

from __future__ import annotations

from ..audit.record_frontier import FrontierFacts
from .formats import Kind, figure, kind_of
from .names import isolate
from .wording import say, words_of


def score_kind(facts: FrontierFacts) -> Kind:
    """Tell how the score reads: accuracy as a share, any other as a number."""
    return "rate" if facts.scoring == "accuracy" else "score"


def score_name(facts: FrontierFacts) -> str:
    """Name the score for a sentence."""
    return facts.scoring.replace("_", " ")


def lower_name(metric: str) -> str:
    """Name a metric within a sentence."""
    name = words_of(metric).name
    return name[:1].lower() + name[1:]


def candidate_name(name: str) -> str:
    """Name a candidate for people."""
    return say("frontier.unmitigated") if name == "refit" else isolate(name)


def limit_words(facts: FrontierFacts) -> str:
    """Write the limit's ends."""
    kind = kind_of(facts.metric)
    ends = []
    if facts.limit_min is not None:
        ends.append(say("cell.at_least", limit=figure(facts.limit_min, kind)))
    if facts.limit_max is not None:
        ends.append(say("cell.at_most", limit=figure(facts.limit_max, kind)))
    return ", ".join(ends)
