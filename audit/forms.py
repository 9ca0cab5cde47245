"""The forms that people fill in: the datasheet's and the model card's prompts, with their sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .card_prompts import CARD_PROMPTS, CARD_SECTIONS
from .prompts import PROMPTS, SECTIONS, Prompt


@dataclass(frozen=True)
class Form:
    """A set of prompts.

    Parameters
    ----------
    name : str
        As messages call it.
    prompts : mapping of str to Prompt
        By id, in the order of the page.
    sections : mapping of str to str
        Titles by the letter that the ids of their prompts begin with.
    """

    name: str
    prompts: Mapping[str, Prompt]
    sections: Mapping[str, str]


DATASHEET = Form("datasheet", PROMPTS, SECTIONS)
MODEL_CARD = Form("model card", CARD_PROMPTS, CARD_SECTIONS)
