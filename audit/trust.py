"""What of a model file may be built: parse, audit, construct.

A skops file names the types that it is made of. They are read and held against a list before anything is
imported or built. Trees are held against their own rules besides (``trees``).
"""

from __future__ import annotations

import io
import logging
import struct
import warnings
import zipfile
import zlib
from typing import Any

from ..errors import InputError, ModelError, Problem, UntrustedModelError
from ..mitigation.torch_parts import import_torch
from .trees import check_built, check_parsed

ALLOWED_TYPES = (
    "evenhand.audit.deployed.MitigatedModel",
    "evenhand.mitigation.barycentre.ScoreBarycentre",
    "evenhand.mitigation.calibration.GroupCalibration",
    "evenhand.mitigation.label_bias.LabelBias",
    "evenhand.mitigation.lagrangian.LagrangianWeights",
    "evenhand.mitigation.massaging.Massaged",
    "evenhand.mitigation.mixtures.DecisionMixture",
    "evenhand.mitigation.mixtures.NumberMixture",
    "evenhand.mitigation.reductions.Reductions",
    "evenhand.mitigation.reject_option.RejectOption",
    "evenhand.mitigation.repair.ImpactRepair",
    "evenhand.mitigation.repair.Repaired",
    "evenhand.mitigation.resampling.Resampled",
    "evenhand.mitigation.residual.Residualised",
    "evenhand.mitigation.reweighing.Reweighing",
    "evenhand.mitigation.table_encoder.TableEncoder",
    "evenhand.mitigation.thresholds.GroupThresholds",
    "evenhand.mitigation.thresholds.SharedThreshold",
    "evenhand.mitigation.torch_trainer.TabularNet",
    "evenhand.mitigation.unaware.Unaware",
    "fairlearn.preprocessing._correlation_remover.CorrelationRemover",
    "builtins.object",
    "functools.partial",
    "numpy.dtype",
    "numpy.floating",
    "numpy.integer",
    "numpy.number",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils.validation.check_array",
)
"""Types beyond skops's own list that may be built; ``trees`` says what a ``partial`` may bind."""

DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, TypeError, KeyError,
    IndexError, AttributeError, ImportError, RuntimeError, ArithmeticError, AssertionError, MemoryError,
)  # fmt: skip
"""What readers raise on files that are damaged or crafted."""

_MOST_BYTES = 8 << 30
_MOST_RATIO = 200
_FREE_BYTES = 64 << 20

_log = logging.getLogger("evenhand")


def build_skops(data: bytes, where: str, *, vouched: bool) -> Any:
    """Build the object of a skops file.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        The file, for messages.
    vouched : bool
        Whether the settings name the file's SHA-256: then any type may be built.

    Raises
    ------
    UntrustedModelError
        The file holds types that are not on the list.
    ModelError
        The file is damaged, would unpack to far more than it is, or holds a tree that points outside itself.
    """
    import skops.io as sio  # noqa: PLC0415 - it imports much of scikit-learn

    refuse_bomb(data, where)
    try:
        found = set(sio.get_untrusted_types(data=data))
    except DAMAGE as error:
        raise damaged(where, error) from error
    refused = sorted(found - set(ALLOWED_TYPES))
    if refused and not vouched:
        message = (
            "only types known to be harmless are built from a model file, and this one also holds:"
            f" {', '.join(refused[:10])}; if you made the file, or trust who did, add its SHA-256 to trusted"
        )
        raise UntrustedModelError([Problem("untrusted_types", where, message)])
    try:
        if vouched:
            return _quietly(sio.loads, data, trusted=sorted(found))
        check_parsed(data, sorted(found))
        built = _quietly(sio.loads, data, trusted=sorted(found))
        check_built(built)
    except DAMAGE as error:
        raise damaged(where, error) from error
    return built


def build_pickle(data: bytes, where: str) -> Any:
    """Build the object of a pickle, joblib or torch.save file, which can run code: for vouched files only.

    Raises
    ------
    ModelError
        The file is damaged, or needs a module that is not installed.
    """
    import joblib  # noqa: PLC0415 - only pickles need it

    try:
        if zipfile.is_zipfile(io.BytesIO(data)):
            # What torch.save writes is an archive around a pickle.
            return _quietly(import_torch().load, io.BytesIO(data), map_location="cpu", weights_only=False)
        return _quietly(joblib.load, io.BytesIO(data))
    except InputError:
        raise
    except DAMAGE as error:
        raise damaged(where, error) from error


def build_torchscript(data: bytes, where: str) -> Any:
    """Build a TorchScript program as torch does: for vouched files only, that cannot be built anew.

    Its code can call operators that read and write files.

    Raises
    ------
    InputError
        torch is not installed.
    ModelError
        The file is damaged.
    """
    torch = import_torch()
    try:
        return _quietly(torch.jit.load, io.BytesIO(data), map_location="cpu")
    except DAMAGE as error:
        raise damaged(where, error) from error


def _quietly(function: Any, *arguments: Any, **options: Any) -> Any:
    """Call a reader; what it warns of (a model of another scikit-learn version) goes to the log."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(*arguments, **options)
    for text in dict.fromkeys(str(item.message) for item in caught):
        _log.warning("model: %s", text)
    return result


def refuse_bomb(data: bytes, where: str) -> None:
    """Refuse an archive that would unpack to far more than it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except DAMAGE as error:
        raise damaged(where, error) from error
    if unpacked > min(_MOST_BYTES, _FREE_BYTES + _MOST_RATIO * len(data)):
        message = (
            f"a model file of {len(data)} bytes must not unpack to {unpacked} bytes; save the model again"
        )
        raise ModelError.of("zip_bomb", where, message)


def damaged(where: str, error: Exception) -> ModelError:
    """Make the error of a model file that its reader fails on."""
    first = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
    message = f"the model file cannot be read: {first}; save the model again"
    return ModelError([Problem("damaged_model", where, message)])
