"""Contributions of a network's inputs to its output, row by row, by captum and by SHAP's deep explainer.

Each function takes a module, rows and a baseline, and gives one number a row and input. Integrated gradients
(Sundararajan et al. 2017), DeepLIFT (Shrikumar et al. 2017) and SHAP's deep explainer (Lundberg and Lee 2017)
are *complete*: a row's numbers sum to its output minus the baseline's. Saliency (Simonyan et al. 2014) is the
slope of the output and sums to nothing; it tells what the output is sensitive to.

captum and shap are imported inside the functions that need them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError, ModelError
from ....mitigation.torch_parts import import_torch
from ...torch_modules import device_of, dtype_of, evaluating

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = NDArray[np.float64]

STEPS = 64
"""Points of the path of integrated gradients (Gauss-Legendre)."""
BATCH = 4096
"""Rows times points that are held at once."""
MOST_MISSED = 0.01
"""Complete methods must sum to the output to this share of its range, or they are refused."""


def integrated_gradients(
    module: Any, rows: Any, baseline: Any, *, output: int | None = None, steps: int = STEPS
) -> Floats:
    """Attribute the output to the inputs along the straight path from the baseline.

    Parameters
    ----------
    module : torch.nn.Module
        Gives one number a row, of shape (rows,) or (rows, 1), or several, of which ``output`` is taken. It is
        evaluated in evaluation mode and on its own device, and left as it was.
    rows : tensor or array of float, shape (rows, inputs)
    baseline : tensor or array of float, shape (inputs,), (1, inputs) or (baselines, inputs)
        Where the path begins; several are averaged over.
    output : int, optional
        Which output, for a module with several.
    steps : int
        Points of the path.

    Returns
    -------
    ndarray of float, shape (rows, inputs)
        In units of the module's output; a row sums to its output minus the baseline's.

    Raises
    ------
    InputError
        captum is not installed, or the shapes do not fit.
    ModelError
        The module gives several outputs and none was chosen.

    Examples
    --------
    >>> import torch
    >>> net = torch.nn.Linear(2, 1, bias=False)
    >>> net.weight.data = torch.tensor([[2.0, -1.0]])
    >>> integrated_gradients(net, [[1.0, 3.0]], [0.0, 0.0]).round(6).tolist()
    [[2.0, -3.0]]
    """
    captum, (score, given, origins) = _captum(), _prepared(module, rows, baseline, output)
    found = np.zeros(given.shape)
    with _explaining(score):
        method = captum.IntegratedGradients(score)
        for origin in origins:
            values = method.attribute(
                given, baselines=origin[None], n_steps=steps, internal_batch_size=max(BATCH, steps)
            )
            found += _numbers(values)
    mean: Floats = found / len(origins)
    return mean


def deeplift(module: Any, rows: Any, baseline: Any, *, output: int | None = None) -> Floats:
    """Attribute the output to the inputs by DeepLIFT's rescale rule.

    Parameters and errors as for `integrated_gradients`. The rule reaches activations that are modules
    (``nn.ReLU``), each used once; a function of the forward pass is treated as linear around the row, so
    that the sum is missed: see `missed`.

    Examples
    --------
    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU())
    >>> net[0].weight.data, net[0].bias.data = torch.tensor([[2.0]]), torch.tensor([-1.0])
    >>> deeplift(net, [[2.0]], [[0.0]]).round(6).tolist()
    [[3.0]]
    """
    captum, (score, given, origins) = _captum(), _prepared(module, rows, baseline, output)
    found = np.zeros(given.shape)
    with _explaining(score):
        method = captum.DeepLift(score)
        for origin in origins:
            found += _numbers(method.attribute(given, baselines=origin[None]))
    mean: Floats = found / len(origins)
    return mean


def saliency(module: Any, rows: Any, baseline: Any = None, *, output: int | None = None) -> Floats:
    """Return the slope of the output in each input at each row.

    Parameters and errors as for `integrated_gradients`; the baseline is not used. The sign is kept: positive
    where a little more of the input raises the output.

    Examples
    --------
    >>> import torch
    >>> net = torch.nn.Linear(2, 1)
    >>> net.weight.data = torch.tensor([[2.0, -1.0]])
    >>> saliency(net, [[1.0, 3.0]]).tolist()
    [[2.0, -1.0]]
    """
    captum, (score, given, _) = _captum(), _prepared(module, rows, baseline, output)
    with _explaining(score):
        return _numbers(captum.Saliency(score).attribute(given, abs=False))


def deep_shap(module: Any, rows: Any, baseline: Any, *, output: int | None = None) -> Floats:
    """Attribute the output to the inputs by SHAP's deep explainer, averaged over the baselines.

    Parameters and errors as for `integrated_gradients`, and the limits of `deeplift`.

    Examples
    --------
    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU())
    >>> net[0].weight.data, net[0].bias.data = torch.tensor([[2.0]]), torch.tensor([-1.0])
    >>> deep_shap(net, [[2.0]], [[0.0], [1.0]]).round(5).tolist()
    [[2.5]]
    """
    score, given, origins = _prepared(module, rows, baseline, output)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap  # noqa: PLC0415 - takes seconds

        with _explaining(score):
            explainer = shap.DeepExplainer(score, origins)
            values = explainer.shap_values(given.detach(), check_additivity=False)
    found: Floats = np.asarray(values, dtype=np.float64).reshape(given.shape)
    return found


METHODS: dict[str, Callable[..., Floats]] = {
    "integrated_gradients": integrated_gradients,
    "deeplift": deeplift,
    "deep_shap": deep_shap,
}
"""The complete methods, by name."""


def outputs_of(module: Any, rows: Any, *, output: int | None = None) -> Floats:
    """Return the module's output for each row, as the methods explain it; shape (rows,)."""
    torch = import_torch()
    score, given, _ = _prepared(module, rows, None, output)
    with _explaining(score), torch.no_grad():
        return _numbers(score(given))[:, 0]


def missed(module: Any, rows: Any, baseline: Any, values: Floats, *, output: int | None = None) -> float:
    """Say by how much attributions miss completeness at worst: the sum of a row, less what it should be.

    Parameters
    ----------
    module, rows, baseline, output
        As for `integrated_gradients`.
    values : ndarray of float, shape (rows, inputs)

    Returns
    -------
    float
        In units of the module's output.
    """
    own = outputs_of(module, rows, output=output)
    start = outputs_of(module, np.atleast_2d(np.asarray(baseline, dtype=np.float32)), output=output)
    return float(np.abs(values.sum(axis=1) - (own - start.mean())).max())


def _captum() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import captum.attr  # noqa: PLC0415 - takes a second, and is an extra
    except ImportError as error:
        message = (
            'this method needs captum, which is not installed; install it: pip install "evenhand[torch]"'
        )
        raise InputError.of("missing_library", "captum", message) from error
    return captum.attr


def _prepared(module: Any, rows: Any, baseline: Any, output: int | None) -> tuple[Any, Any, Any]:
    torch = import_torch()
    kind = {"dtype": dtype_of(module), "device": device_of(module)}
    given = torch.as_tensor(rows, **kind)
    if given.ndim != 2:
        message = f"rows are a table of numbers, got the shape {tuple(given.shape)}; give (rows, inputs)"
        raise InputError.of("wrong_shape", "rows", message)
    origins = given[:1] if baseline is None else torch.as_tensor(baseline, **kind)
    origins = origins.reshape(1, -1) if origins.ndim == 1 else origins
    if origins.ndim != 2 or origins.shape[1] != given.shape[1]:
        message = f"a baseline has as many inputs as the rows, {given.shape[1]}, got {tuple(origins.shape)}"
        raise InputError.of("wrong_shape", "baseline", f"{message}; give (inputs,) or (baselines, inputs)")
    return _score(module, output), given, origins


def _score(module: Any, output: int | None) -> Any:
    """Wrap a module so that it gives one number a row, of shape (rows, 1)."""
    torch = import_torch()

    class Score(torch.nn.Module):  # type: ignore[misc, name-defined]
        """One number a row."""

        def __init__(self) -> None:
            super().__init__()
            self.inside = module

        def forward(self, rows: Any) -> Any:
            return one_output(self.inside(rows), output)

    return Score()


def one_output(given: Any, output: int | None) -> Any:
    """Take one output of what a module gave, as a tensor of shape (rows, 1).

    Raises
    ------
    ModelError
        It is no tensor, or it holds several outputs and none was chosen.
    """
    torch = import_torch()
    if not isinstance(given, torch.Tensor):
        message = (
            f"a network gives one tensor, got {type(given).__name__}; wrap it in a module that gives one"
        )
        raise ModelError.of("wrong_output", "model", message)
    if given.ndim == 1:
        return given[:, None]
    if given.ndim == 2 and given.shape[1] == 1:
        return given
    if given.ndim == 2 and output is not None and -given.shape[1] <= output < given.shape[1]:
        return given[:, output][:, None]
    message = f"one number a row is needed, got the shape {tuple(given.shape)}; name the output"
    raise ModelError.of("several_outputs", "model", message)


@contextmanager
def _explaining(score: Any) -> Iterator[None]:
    with evaluating(score), warnings.catch_warnings():
        # captum tells that it sets hooks and asks for gradients; both are undone.
        warnings.simplefilter("ignore")
        yield


def _numbers(tensor: Any) -> Floats:
    found: Floats = tensor.detach().cpu().numpy().astype(np.float64)
    return found
