"""What a model card is made of: the record that may be shown, and what people answered."""

from __future__ import annotations

from dataclasses import dataclass

from .answers import Answers
from .public import public_record
from .record import Record


@dataclass(frozen=True)
class Card:
    """A model card before any format.

    Parameters
    ----------
    record : Record
        The public one: what pages withhold is gone from it.
    answers : Answers
        Of the form ``MODEL_CARD``.
    """

    record: Record
    answers: Answers

    @property
    def title(self) -> str:
        """The model's name as a person gave it, else the audit's title."""
        return self.answers.about.name or self.record.title


def card_of(record: Record, answers: Answers | None = None) -> Card:
    """Make a model card of an audit's record and of what people answered.

    Parameters
    ----------
    record : Record
        Confidential or public.
    answers : Answers or None

    Returns
    -------
    Card
    """
    return Card(public_record(record), answers or Answers())
