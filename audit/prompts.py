"""The 57 prompts of a datasheet, as data.

They follow Gebru et al., "Datasheets for Datasets", CACM 64(12), 2021 (arXiv 1803.09010), in this
project's own words. The source's question "does it relate to people?" is a switch here: where it is
off, nine prompts do not apply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Source = Literal["data", "data and author", "author"]
"""Who answers a prompt: the data alone, the data in part and the author the rest, or the author alone."""

SECTIONS: dict[str, str] = {
    "M": "Motivation",
    "C": "Composition",
    "L": "Collection",
    "P": "Preprocessing, cleaning and labelling",
    "U": "Uses",
    "D": "Distribution",
    "N": "Maintenance",
}

PEOPLE_ONLY = frozenset({"C13", "C14", "C15", "L7", "L8", "L9", "L10", "L11", "N5"})
"""The prompts that apply only to data about people."""


@dataclass(frozen=True)
class Prompt:
    """One question of the datasheet.

    Parameters
    ----------
    id : str
        Section letter and number: ``"C13"``.
    question : str
        What is asked.
    source : {"data", "data and author", "author"}
        Who answers it.
    remains : str
        What a person must still say where the data answer a part; empty for the author's own prompts.

    Examples
    --------
    >>> PROMPTS["C13"].people_only
    True
    """

    id: str
    question: str
    source: Source
    remains: str = ""

    @property
    def people_only(self) -> bool:
        """Whether the prompt applies only to data about people."""
        return self.id in PEOPLE_ONLY


_ELSE = "Is there anything else to say on this?"

_ROWS: tuple[tuple[str, str] | tuple[str, str, Source, str], ...] = (
    ("M1", "Why was the data set made, and which task or gap was in mind?"),
    ("M2", "Which team made it, and for which organisation?"),
    ("M3", "Who paid for it, and under which grant?"),
    ("M4", _ELSE),
    ("C1", "What does one record stand for?", "data and author", "what one row stands for in the world"),
    ("C2", "How many records are there, of each kind?", "data", ""),
    (
        "C3",
        "Is it everything or a sample, and if a sample, does it represent the whole?",
        "data and author",
        "what the rows were drawn from, and whether they represent it",
    ),
    ("C4", "What does each record consist of?", "data", "what each column means, and in which unit"),
    ("C5", "Does each record have a label or target?", "data and author", "how the label is defined"),
    ("C6", "Is anything missing, and why?", "data and author", "why values are missing"),
    (
        "C7",
        "Are relations between records made explicit?",
        "data and author",
        "whether rows belong together in a way that no column shows",
    ),
    ("C8", "Are there recommended splits, and why these?", "data and author", "why the rows are split so"),
    (
        "C9",
        "Are there errors, noise or repeated records?",
        "data and author",
        "which of these are mistakes, and errors that no count can show",
    ),
    (
        "C10",
        "Does it stand alone or rely on outside resources?",
        "data and author",
        "whether outside resources will last, are archived, and may be used",
    ),
    (
        "C11",
        "Does it hold anything confidential?",
        "data and author",
        "whether a column is bound by confidence or professional secrecy",
    ),
    ("C12", "Could seeing it offend, insult, threaten or frighten someone?"),
    (
        "C13",
        "Which sub-populations does it identify, and how are they spread?",
        "data",
        "how membership was established",
    ),
    (
        "C14",
        "Can a person be recognised, directly or by combining columns?",
        "data and author",
        "which other sources could be combined with it",
    ),
    (
        "C15",
        "Does it hold content that is sensitive for people?",
        "data and author",
        "the confirmation or correction of this map",
    ),
    ("C16", _ELSE),
    ("L1", "How was each value come by: observed, reported by the person, or inferred, and was it checked?"),
    ("L2", "With which instruments or procedures was it collected, and how were these validated?"),
    ("L3", "If it is a sample, by which strategy was it drawn?"),
    ("L4", "Who collected it, and how were they paid?"),
    (
        "L5",
        "Over what time was it collected, and is that the time it describes?",
        "data and author",
        "when it was collected, and whether that is the time it describes",
    ),
    ("L6", "Was it reviewed for ethics, and with what outcome?"),
    ("L7", "Was it collected from the people themselves or through others?"),
    ("L8", "Were the people told, and in which words?"),
    ("L9", "Did they consent, and in which words?"),
    ("L10", "Can they take consent back, and how?"),
    ("L11", "Was the effect on the people assessed, and with what outcome?"),
    ("L12", _ELSE),
    (
        "P1",
        "How was it cleaned, recoded, binned, filled in or labelled?",
        "data and author",
        "what was done to the values before this file, and why",
    ),
    ("P2", "Was the raw form kept, and where is it?"),
    (
        "P3",
        "Is the software that prepared it available?",
        "data and author",
        "which software prepared the data, and where it is",
    ),
    ("P4", _ELSE),
    ("U1", "What has it been used for already?"),
    ("U2", "Is there a list of papers or systems that use it?"),
    ("U3", "What else could it be used for?"),
    (
        "U4",
        "Could its make-up lead to unfair treatment or other harm later, and what lessens that?",
        "data and author",
        "which later uses are meant, and what is done against these risks",
    ),
    ("U5", "What must it not be used for?"),
    ("U6", _ELSE),
    ("D1", "Will others outside the organisation receive it?"),
    (
        "D2",
        "How is it handed out, and does it have a DOI?",
        "data and author",
        "by which channel it is handed out, and under which identifier",
    ),
    ("D3", "When is it handed out?"),
    (
        "D4",
        "Under which licence or terms of use?",
        "data and author",
        "the full terms, and fees if there are any",
    ),
    ("D5", "Do third parties hold rights in it?"),
    ("D6", "Do export rules or other regulations limit it?"),
    ("D7", _ELSE),
    ("N1", "Who hosts and maintains it?"),
    ("N2", "How can they be reached?"),
    ("N3", "Is there a list of errata?"),
    (
        "N4",
        "Will it be updated, by whom, and how is that announced?",
        "data and author",
        "whether it will be updated, by whom, and how users learn of it",
    ),
    ("N5", "Is there a limit on how long data about people may be kept, and how is it kept to?"),
    ("N6", "Are older versions kept available?"),
    ("N7", "Can others add to it, and how is that checked?"),
    ("N8", _ELSE),
)


def _prompt(row: tuple[str, str] | tuple[str, str, Source, str]) -> Prompt:
    return Prompt(row[0], row[1], "author") if len(row) == 2 else Prompt(*row)


PROMPTS: dict[str, Prompt] = {row[0]: _prompt(row) for row in _ROWS}
"""Every prompt by its id, in the order of the page."""


def applicable(*, relates_to_people: bool) -> tuple[Prompt, ...]:
    """Give the prompts that apply, in order.

    Parameters
    ----------
    relates_to_people : bool
        Whether the data are about people; if not, nine prompts do not apply.

    Returns
    -------
    tuple of Prompt
        57 of them, or 48.

    Examples
    --------
    >>> len(applicable(relates_to_people=True)), len(applicable(relates_to_people=False))
    (57, 48)
    """
    return tuple(prompt for prompt in PROMPTS.values() if relates_to_people or not prompt.people_only)
