"""The harms that metrics speak of, in the words of the catalogue."""

from __future__ import annotations

ALLOCATION = "allocation: who is given the opportunity or the burden"
QUALITY = "quality of service: for whom the model works well"
LABELS = "the labels themselves, before any model"
ALIKE = "individual treatment: whether people who are alike are treated alike"
EXPOSURE = "exposure: who is seen, and how early"
