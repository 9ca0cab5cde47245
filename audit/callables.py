"""Models that are no scikit-learn classifiers: plain functions of rows, and objects that only rank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..errors import ModelError

Gives = Literal["probability", "logit", "label"]
GIVES: tuple[Gives, ...] = ("probability", "logit", "label")


@dataclass(frozen=True)
class Scored:
    """A function of rows that gives one score a row, with the face of a scikit-learn classifier.

    Parameters
    ----------
    function : callable
        Rows to one number a row, shape (rows,), or one for each label, shape (rows, labels).
    classes : tuple
        Two labels; the second is the one that the score speaks for.
    output : {"probability", "logit"}

    Examples
    --------
    >>> Scored(lambda rows: [0.0, 2.0], (0, 1), "logit").predict_proba([1, 2]).round(2).tolist()
    [[0.5, 0.5], [0.12, 0.88]]
    """

    function: Callable[[Any], Any]
    classes: tuple[Any, ...]
    output: Literal["probability", "logit"]
    feature_names_in_: Any = ()

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels, as scikit-learn names them."""
        return np.asarray(self.classes)

    def predict_proba(self, rows: Any) -> NDArray[np.float64]:
        """Return the probability of each label, shape (rows, labels).

        Raises
        ------
        ModelError
            What was given are labels, or several numbers a row.
        """
        given = np.asarray(self.function(rows))
        if given.dtype.kind not in "f":
            message = (
                f"scores are fractions, and these look like labels ({given.dtype}, as {given.ravel()[:1]})"
            )
            raise ModelError.of(
                "labels_for_scores", "model", f'{message}; declare output="label", or give scores'
            )
        if given.ndim == 2 and given.shape[1] == 1:
            given = given[:, 0]
        if given.ndim == 2 and given.shape[1] == len(self.classes) and self.output == "probability":
            return given
        if given.ndim != 1:
            message = f"a model must give one number a row, got the shape {given.shape}; choose one output"
            raise ModelError.of("several_outputs", "model", message)
        ahead = expit(given) if self.output == "logit" else given
        return np.column_stack([1 - ahead, ahead])


@dataclass(frozen=True)
class Labelled:
    """A function of rows that gives one label a row."""

    function: Callable[[Any], Any]
    feature_names_in_: Any = ()

    def predict(self, rows: Any) -> NDArray[Any]:
        """Return the label of each row."""
        return np.asarray(self.function(rows))


@dataclass(frozen=True)
class Ranked:
    """An object with ``decision_function`` alone: it selects where its value is above 0."""

    native: Any
    classes: tuple[Any, ...]

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels, as scikit-learn names them."""
        return np.asarray(self.classes)

    def predict(self, rows: Any) -> NDArray[Any]:
        """Return the label of each row: the second where the value is above 0."""
        values = np.asarray(self.native.decision_function(rows), dtype=np.float64)
        if values.ndim != 1:
            message = f"decision_function must give one number a row, got the shape {values.shape}"
            raise ModelError.of("several_outputs", "model", f"{message}; give a model of two labels")
        chosen: NDArray[Any] = self.classes_[(values > 0).astype(np.int64)]
        return chosen
