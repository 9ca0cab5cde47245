"""What a model card may be written as: a page, Markdown, and a card for Hugging Face."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..audit.card import Card
from ..audit.forms import MODEL_CARD
from ..audit.record import Record
from .datasheet import draw
from .datasheet_markdown import body, render_markdown, unanswered
from .datasheet_parts import clean, count
from .formats import moment
from .huggingface import licence_header
from .markdown import escaped
from .model_card import blocks_of, shown_rates
from .sheet import Content, Page, Particular, sheet_page
from .view_verdict import headline
from .wording import has_message, say, words_of
from .yaml_text import yaml_text

_TYPES = {"true_positive_rate": "recall", "positive_predictive_value": "precision"}
"""Rates that the hub knows by another name; the others keep theirs."""


def card_page(card: Card) -> Page:
    """Make the view of a model card."""
    record = card.record
    content = Content(MODEL_CARD, lambda name: blocks_of(card, name), _hint, card.answers)
    footer = (
        say("card.privacy", minimum=record.privacy_minimum),
        f"{say('card.source')} {say('sheet.made')}",
    )
    return sheet_page(content, "card", card.title, tuple(_particulars(card)), footer)


def _hint(name: str) -> str:
    key = f"card.hint.{name}"
    return say(key) if has_message(key) else ""


def _particulars(card: Card) -> Iterator[Particular]:
    record, about = card.record, card.answers.about
    yield Particular(say("card.fact.audit"), clean(record.title, 200))
    yield Particular(say("card.fact.created"), moment(clean(record.created)))
    rows = say("card.fact.data.text", name=clean(record.data.name), rows=count(record.data.rows))
    yield Particular(say("card.fact.data"), rows)
    for key in ("version", "license", "creator", "url"):
        if (text := getattr(about, key)) is not None:
            yield Particular(say(f"card.fact.{key}"), clean(text, 200))
    if record.verdict is not None:
        yield Particular(say("card.fact.verdict"), headline(record))
    if record.model is not None and record.model.sha256:
        yield Particular(say("card.fact.sha256"), clean(record.model.sha256), wide=True)


def render_model_card(card: Card) -> str:
    """Write a model card for Hugging Face: a YAML header that the hub reads, and the card below it."""
    page = card_page(card)
    about = card.answers.about
    parts = [
        f"# {escaped(page.title)}",
        *([escaped(about.description)] if about.description else []),
        f"**{escaped(say('sheet.sentence', text=page.headline))}**",
        *unanswered(page),
        *([f"{escaped(say('card_file.citation'))} {escaped(about.citation)}"] if about.citation else []),
        body(page, 2),
    ]
    return f"---\n{yaml_text(card_header(card))}---\n\n" + "\n\n".join(parts) + "\n"


def card_header(card: Card) -> dict[str, Any]:
    """Make the header: the licence, and every rate overall and by group under a name of its own."""
    record, about = card.record, card.answers.about
    data = clean(record.data.name)
    results = {
        "task": {"type": "tabular-classification", "name": say("card_file.task")},
        "dataset": {"type": data, "name": data},
        "metrics": list(_metrics(record)),
    }
    header = {
        "language": [clean(about.language)] if about.language else None,
        **licence_header(about),
        "tags": [*(clean(word) for word in about.words), "tabular-classification", "fairness"],
        "metrics": [_TYPES.get(name, name) for name in shown_rates(record)],
        "model-index": [{"name": clean(card.title, 200), "results": [results]}],
    }
    return {key: value for key, value in header.items() if value}


def _metrics(record: Record) -> Iterator[dict[str, Any]]:
    """List the rates as the hub's metrics: ``TPR | sex=F``; what is undefined or withheld is left out."""
    names = shown_rates(record)
    groups = [("", record.overall)]
    groups += [
        (f" | {clean(_named(part.attributes, group.group), 200)}", group)
        for part in record.groupings
        for group in part.groups
        if not group.withheld
    ]
    for suffix, group in groups:
        for name in names:
            value = group.rates[name].value
            if math.isfinite(value):
                key = f"card.rate.{name}"
                label = say(key) if has_message(key) else words_of(name).name
                yield {"type": _TYPES.get(name, name), "value": round(value, 6), "name": f"{label}{suffix}"}


def _named(attributes: tuple[str, ...], levels: tuple[Any, ...]) -> str:
    missing = say("card.missing")
    return ", ".join(
        f"{name}={missing if level is None else level}"
        for name, level in zip(attributes, levels, strict=True)
    )


CARD_WRITERS: Mapping[str, tuple[str, Callable[[Card], str]]] = {
    "html": ("model-card.html", lambda card: draw(card_page(card))),
    "md": ("model-card.md", lambda card: render_markdown(card_page(card))),
    "hf": ("model-card-hf.md", render_model_card),
}
"""Every format: the file, and what makes its content."""
