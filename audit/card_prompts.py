"""The prompts of a model card, as data: the nine sections of Mitchell et al., in this project's own words.

"Model Cards for Model Reporting", FAT* 2019 (arXiv 1810.03993).
"""

from __future__ import annotations

from .prompts import Prompt

CARD_SECTIONS: dict[str, str] = {
    "D": "Model details",
    "I": "Intended use",
    "F": "Factors",
    "M": "Metrics",
    "E": "Evaluation data",
    "T": "Training data",
    "Q": "Quantitative analyses",
    "S": "Ethical considerations",
    "R": "Caveats and recommendations",
}

_ROWS = (
    Prompt("D1", "Who developed the model, and when?", "author"),
    Prompt(
        "D2",
        "What kind of model is it, and which version?",
        "data and author",
        "the version, and what matters of how it was trained",
    ),
    Prompt("D3", "Under which licence may it be used, and where is more to be read?", "author"),
    Prompt("D4", "Whom do questions and complaints go to?", "author"),
    Prompt("I1", "What is it meant to be used for?", "author"),
    Prompt("I2", "Who is meant to use it?", "author"),
    Prompt("I3", "What must it not be used for?", "author"),
    Prompt("F1", "Which groups, instruments and surroundings could its quality depend on?", "author"),
    Prompt(
        "F2",
        "By which groups was it evaluated?",
        "data and author",
        "why these groups and not others",
    ),
    Prompt(
        "M1",
        "By which measures was it evaluated, and why these?",
        "data and author",
        "why these measures",
    ),
    Prompt("M2", "At which thresholds does it decide?", "data and author", "how the threshold was chosen"),
    Prompt("M3", "How was uncertainty measured?", "data"),
    Prompt(
        "E1",
        "On which data was it evaluated, and why on these?",
        "data and author",
        "why these data, and how they were prepared",
    ),
    Prompt(
        "T1",
        "On which data was it trained?",
        "data and author",
        "how these data came about and what they lack",
    ),
    Prompt("Q1", "How does it do for each group?", "data"),
    Prompt("Q2", "How does it do where groups intersect?", "data"),
    Prompt("Q3", "Are the limits that were set kept?", "data"),
    Prompt(
        "S1",
        "Does it use sensitive data, or touch on matters central to people's lives?",
        "data and author",
        "what is at stake for people, and what was done about risks and harms",
    ),
    Prompt("R1", "What should be known before it is used, and what was not tested?", "data and author",
           "what else a user should know"),
    Prompt("R2", "What is recommended to those who use it?", "author"),
)  # fmt: skip

CARD_PROMPTS: dict[str, Prompt] = {prompt.id: prompt for prompt in _ROWS}
"""Every prompt of a model card by its id, in the order of the page."""
