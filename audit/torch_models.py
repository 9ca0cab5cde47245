"""Networks as classifiers of data frames: rows become a tensor, and the output becomes a probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ModelError
from ..mitigation.torch_parts import import_torch
from .tabular import framed
from .torch_modules import device_of, dtype_of, evaluating, trains

Output = Literal["logit", "probability"]
OUTPUTS: tuple[Output, ...] = ("logit", "probability")
ToTensor = Callable[[pd.DataFrame], Any]

BATCH = 65_536
"""Rows that are scored at once."""
_SUMS_TO_ONE = 1e-3


@dataclass(frozen=True)
class TorchModel:
    """A torch module that scores tables, with the face of a scikit-learn classifier.

    Parameters
    ----------
    module : torch.nn.Module
        It is evaluated in evaluation mode, and left in its own.
    columns : tuple of str
        The columns that it is given, in order.
    classes : tuple
        Its labels; the last of two is what a single output speaks for.
    output : {"logit", "probability"}
        What it gives.
    to_tensor : callable or None
        Turns a data frame into a tensor, shape (rows, ...). None: the columns must be numbers, and are taken
        in order.
    """

    module: Any
    columns: tuple[str, ...]
    classes: tuple[Any, ...]
    output: Output
    to_tensor: ToTensor | None = None

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels, as scikit-learn names them."""
        return np.asarray(self.classes)

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """The columns, as scikit-learn names them."""
        return np.asarray(self.columns, dtype=object)

    def tensor(self, rows: pd.DataFrame) -> Any:
        """Turn rows into the tensor that the module is given, on the module's device.

        Raises
        ------
        ModelError
            Columns are no numbers, values are missing, or the tensor has another number of rows.
        """
        torch = import_torch()
        made = self.to_tensor(rows) if self.to_tensor is not None else _numbers(rows)
        tensor = made if isinstance(made, torch.Tensor) else torch.as_tensor(np.array(made))
        if tensor.ndim == 0 or tensor.shape[0] != len(rows):
            message = f"to_tensor must give one entry for each of {len(rows)} rows, got the shape"
            raise ModelError.of("wrong_shape", "to_tensor", f"{message} {tuple(tensor.shape)}")
        whole = not tensor.dtype.is_floating_point and self.to_tensor is not None
        return tensor.to(
            device=device_of(self.module), dtype=tensor.dtype if whole else dtype_of(self.module)
        )

    def predict_proba(self, rows: Any) -> NDArray[np.float64]:
        """Return the probability of each label, shape (rows, classes).

        Raises
        ------
        ModelError
            The output is not what was declared: no tensor, another number of outputs, or no probabilities.
        """
        torch = import_torch()
        frame = framed(rows, self.columns)
        batches = (frame.iloc[start : start + BATCH] for start in range(0, max(len(frame), 1), BATCH))
        with evaluating(self.module), torch.no_grad():
            return np.concatenate([self.probabilities(self.module(self.tensor(batch))) for batch in batches])

    def predict(self, rows: Any) -> NDArray[Any]:
        """Return the likeliest label of each row."""
        chosen: NDArray[Any] = self.classes_[self.predict_proba(rows).argmax(axis=1)]
        return chosen

    def probabilities(self, given: Any) -> NDArray[np.float64]:
        """Turn what the module gave into probabilities of its labels."""
        torch = import_torch()
        if not isinstance(given, torch.Tensor):
            message = f"a network must give one tensor, got {type(given).__name__}; wrap it so that it does"
            raise ModelError.of("wrong_output", "model", message)
        values = given.detach().to("cpu", torch.float64)
        single = values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1)
        if single and len(self.classes) == 2:
            ahead = values.reshape(-1)
            ahead = torch.sigmoid(ahead) if self.output == "logit" else ahead
            return torch.stack([1 - ahead, ahead], dim=1).numpy()  # type: ignore[no-any-return]
        if values.ndim != 2 or values.shape[1] != len(self.classes):
            message = (
                f"a network must give one number a row, or one for each of its {len(self.classes)} labels,"
                f" got the shape {tuple(values.shape)}; name its labels in order with model_classes"
            )
            raise ModelError.of("several_outputs", "model", message)
        if self.output == "logit":
            return torch.softmax(values, dim=1).numpy()  # type: ignore[no-any-return]
        total = values.sum(dim=1)
        if bool(((total - 1).abs() > _SUMS_TO_ONE).any()):
            message = (
                f"probabilities of a row must sum to 1, got {float(total[0]):.4g};"
                ' if the outputs are log-odds, declare model_output = "logit"'
            )
            raise ModelError.of("not_probabilities", "model", message)
        return values.numpy()  # type: ignore[no-any-return]


def torch_model(
    module: Any,
    columns: Sequence[str] | None,
    classes: Sequence[Any] | None,
    output: str | None,
    to_tensor: ToTensor | None = None,
) -> tuple[TorchModel, tuple[str, ...]]:
    """Make a classifier of a module, and say what a reader of the audit must know of it.

    Raises
    ------
    ModelError
        With everything that must be declared and was not.
    """
    check_declared(columns, output)
    names = tuple(map(str, columns or ()))
    made = TorchModel(
        module, names, tuple(classes or (0, 1)), "logit" if output == "logit" else "probability", to_tensor
    )
    return made, _notes(module)


def check_declared(columns: Sequence[str] | None, output: str | None) -> None:
    """Hold what was declared of a network against what must be.

    Raises
    ------
    ModelError
        The columns or the output were not declared.
    """
    if output not in ("logit", "probability"):
        message = (
            'what a network gives must be declared: model_output = "probability", or "logit" for log-odds,'
            f" got {output!r}; from Python: wrap_model(module, columns=[...], output=...)"
        )
        raise ModelError.of("undeclared_output", "model_output", message)
    if not columns:
        message = (
            "a network does not say which columns it takes; name them in order in model_columns"
            " (from Python: wrap_model(module, columns=[...]))"
        )
        raise ModelError.of("undeclared_columns", "model_columns", message)


def _notes(module: Any) -> tuple[str, ...]:
    notes = []
    if trains(module):
        notes.append(
            "The network was in training mode; it was scored in evaluation mode (no dropout, fixed"
            " normalisation), and put back."
        )
    device = str(device_of(module))
    if device != "cpu":
        notes.append(f"The network lies on {device}; rows were moved there and its output back.")
    return tuple(notes)


def _numbers(rows: pd.DataFrame) -> NDArray[np.float64]:
    words = [
        str(name)
        for name, kind in zip(rows.columns, rows.dtypes, strict=True)
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind))
    ]
    if words:
        message = (
            f"a network takes numbers, and these columns hold none: {', '.join(words[:10])}; which number"
            " stands for which word only the one who trained it knows: give the columns as numbers, or"
            " wrap_model(module, columns=[...], to_tensor=...) from Python"
        )
        raise ModelError.of("not_numbers", "model_columns", message)
    # A copy: torch wants memory that it may write to.
    numbers = np.array(rows.to_numpy(dtype=np.float64, na_value=np.nan))
    missing = [
        str(name) for name, gone in zip(rows.columns, np.isnan(numbers).any(axis=0), strict=True) if gone
    ]
    if missing:
        message = f"a network takes no missing values, and these columns hold some: {', '.join(missing[:10])}"
        raise ModelError.of("missing_values", "model_columns", f"{message}; fill them as in its training")
    return numbers
