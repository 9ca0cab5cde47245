"""The model door: a file or an object comes in, and scores or decisions for rows come out.

=================================  ===================================================================
file                               what is done before anything of it is built
=================================  ===================================================================
skops                              its types are held against a list (``trust``), its trees checked
LightGBM text, XGBoost JSON, UBJ,  read, checked, and written anew for the library (``boosters``)
CatBoost cbm
``torch.export`` (pt2)             built anew from a list of operators (``torch_program``)
TorchScript                        followed on shapes and built anew of the same list (``torchscript``); what
                                   cannot be is refused unless the settings name its SHA-256
pickle, joblib                     can run code: refused unless the settings name its SHA-256
=================================  ===================================================================
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError, ModelError, Problem, UntrustedModelError
from .boosters import BoostedFile, build_booster, is_booster
from .callables import GIVES, Labelled, Ranked, Scored
from .files import write_atomically
from .labels import plain
from .model_object import MODEL_FAULTS, Model
from .stable_model import settled
from .torch_archive import is_torch_export, is_torchscript, read_archive
from .torch_models import ToTensor, check_declared, torch_model
from .torch_modules import is_module
from .torch_program import build_program
from .torchscript.building import build_script
from .torchscript.refusal import Unmade, refusal
from .trust import DAMAGE, build_pickle, build_skops, build_torchscript, damaged

__all__ = ["MODEL_FAULTS", "Model", "describe", "load_model", "save_model", "wrap_model"]


@dataclass(frozen=True)
class _Declared:
    """What the user says of a model that does not say it itself."""

    columns: tuple[str, ...]
    classes: tuple[Any, ...]
    output: str | None


def load_model(
    path: str | Path,
    *,
    trusted: Collection[str] = (),
    columns: Sequence[str] = (),
    classes: Sequence[Any] = (),
    output: str | None = None,
) -> Model:
    """Load a model file without running what is in it.

    A file is parsed and audited before anything is built, and types or operators that are not known to be
    harmless are refused. A pickle or joblib file can run any code, so it is not even opened unless
    ``trusted`` names its SHA-256; so can a TorchScript program that cannot be built anew. What such a file
    does is then the user's own responsibility, as it is for a skops file that is named there.

    Parameters
    ----------
    path : str or Path
    trusted : collection of str
        SHA-256 sums of files that the user vouches for.
    columns : sequence of str
        The columns of a torch program, in order; a booster without names takes them too.
    classes : sequence
        The labels of a booster or torch program, in the order of its probabilities; by default 0, 1, ...
    output : {"logit", "probability"}, optional
        What a torch program gives.

    Raises
    ------
    UntrustedModelError
        Nobody vouched for a file that could run code.
    ModelError
        The file is missing, damaged, or no model file, or something must be declared and was not.
    """
    where = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelError([Problem("missing_model", where, f"a model file is needed: {reason}")]) from error
    digest = hashlib.sha256(data).hexdigest()
    vouched = digest in {item.strip().lower() for item in trusted}
    declared = _Declared(tuple(columns), tuple(plain(label) for label in classes), output)
    return _built(data, where, digest, declared, vouched=vouched)


def _built(data: bytes, where: str, digest: str, declared: _Declared, *, vouched: bool) -> Model:
    if _is_skops(data) or Path(where).suffix == ".skops":
        return _wrapped(build_skops(data, where, vouched=vouched), sha256=digest)
    if is_booster(data):
        model = build_booster(data, where, declared.classes)
        return _booster(model, digest, declared, where)
    if is_torch_export(data):
        return _program(data, where, digest, declared)
    if is_torchscript(data):
        return _script(data, where, digest, declared, vouched=vouched)
    if not vouched:
        message = (
            "a file of this format can run any code when it is loaded, so its SHA-256 must be listed; if you"
            f' trust it, add to the settings: trusted = ["{digest}"]; or save it as skops (scikit-learn),'
            " with torch.export.save (torch), or in LightGBM's, XGBoost's or CatBoost's own format"
        )
        raise UntrustedModelError([Problem("untrusted_model", where, message)])
    built = build_pickle(data, where)
    if is_module(built):
        return _network(built, declared, digest, describe(built))
    return _wrapped(built, sha256=digest)


def _booster(model: BoostedFile, digest: str, declared: _Declared, where: str) -> Model:
    if declared.columns and not model.names and len(declared.columns) != model.width:
        message = f"the model takes {model.width} columns, got {len(declared.columns)} in model_columns"
        raise ModelError.of("wrong_columns", where, f"{message}; name each once, in order")
    return _wrapped(model, model.names or declared.columns, sha256=digest, name=describe(model.native))


def _program(data: bytes, where: str, digest: str, declared: _Declared) -> Model:
    try:
        program = build_program(read_archive(data, where), where)
    except InputError:
        raise
    except DAMAGE as error:
        raise damaged(where, error) from error
    if program.width is not None and declared.columns and len(declared.columns) != program.width:
        message = f"the program takes {program.width} numbers a row, got {len(declared.columns)} columns"
        raise ModelError.of("wrong_columns", "model_columns", f"{message}; name each input once, in order")
    return _network(program.module, declared, digest, "torch.export program")


def _script(data: bytes, where: str, digest: str, declared: _Declared, *, vouched: bool) -> Model:
    check_declared(declared.columns, declared.output)
    try:
        program = build_script(data, where, len(declared.columns))
    except (Unmade, InputError, *DAMAGE) as error:
        if vouched:
            return _network(build_torchscript(data, where), declared, digest, "TorchScript program")
        if isinstance(error, Unmade):
            raise refusal(error, where, digest, len(declared.columns)) from error
        if isinstance(error, InputError):
            raise
        raise damaged(where, error) from error
    made = _network(program.module, declared, digest, "TorchScript program")
    return replace(made, notes=(*made.notes, *program.notes))


def _network(
    module: Any, declared: _Declared, digest: str | None, name: str, to_tensor: ToTensor | None = None
) -> Model:
    model, notes = torch_model(module, declared.columns, declared.classes, declared.output, to_tensor)
    return Model(model, model.columns, model.classes, name, digest, notes)


def wrap_model(
    obj: Any,
    columns: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
    *,
    to_tensor: Callable[[Any], Any] | None = None,
    output: str | None = None,
) -> Model:
    """Take a fitted object, a torch module or a function as a model.

    Parameters
    ----------
    obj : object
        With ``predict_proba``, ``decision_function`` or ``predict``; a torch module; or a function that takes
        a data frame and gives one number or label a row. A ``Model`` is returned as it is.
    columns : sequence of str, optional
        The columns it was fitted on, where it does not say (``feature_names_in_``). A torch module needs
        them.
    classes : sequence, optional
        Its labels in the order of its probabilities, where it does not say (``classes_``); of a torch module
        or a function 0 and 1 by default, and a single output speaks for the second.
    to_tensor : callable, optional
        For a torch module: a data frame of its columns to a tensor, one entry a row. By default the columns
        must be numbers, and are taken in order.
    output : {"probability", "logit", "label"}, optional
        What a torch module or a function gives (a function: probabilities by default); ``"logit"`` also
        makes probabilities of a ``decision_function``, where it gives log-odds.

    Raises
    ------
    ModelError
        It can neither score nor predict, or something must be declared and was not.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> rows = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0]})
    >>> model = wrap_model(LogisticRegression().fit(rows, ["no", "no", "yes", "yes"]))
    >>> model.description, model.inputs, model.decide(rows, "yes").tolist()
    ('LogisticRegression', ('x',), [False, False, True, True])
    >>> wrap_model(lambda rows: rows["x"] / 3).scores(rows, 1).round(2).tolist()
    [0.0, 0.33, 0.67, 1.0]
    """
    if isinstance(obj, Model):
        return obj
    if output is not None and output not in GIVES:
        message = f"a model gives one of {', '.join(GIVES)}, got {output!r}"
        raise ModelError.of("unknown_output", "output", message)
    if is_module(obj):
        declared = _Declared(tuple(columns or ()), tuple(plain(item) for item in classes or ()), output)
        return _network(obj, declared, None, describe(obj), to_tensor)
    return _wrapped(_scoring(obj, columns, classes, output), columns, classes, name=describe(obj))


def _scoring(
    obj: Any, columns: Sequence[str] | None, classes: Sequence[Any] | None, output: str | None
) -> Any:
    """Give the object itself where it predicts, else an adapter that does."""
    labels = tuple(classes if classes is not None else getattr(obj, "classes_", (0, 1)))
    names = tuple(columns if columns is not None else getattr(obj, "feature_names_in_", ()))
    if output == "logit" and hasattr(obj, "decision_function") and not hasattr(obj, "predict_proba"):
        return Scored(obj.decision_function, labels, "logit", names)
    if hasattr(obj, "predict_proba") or hasattr(obj, "predict"):
        return obj
    if hasattr(obj, "decision_function"):
        return Ranked(obj, labels)
    if not callable(obj):
        return obj
    if output == "label":
        return Labelled(obj, names)
    return Scored(obj, labels, "logit" if output == "logit" else "probability", names)


def save_model(estimator: Any, path: str | Path) -> str:
    """Save a fitted estimator as a skops file, whole or not at all, and return its SHA-256.

    The same model gives the same bytes.

    Raises
    ------
    ModelError
        skops cannot write a part of it.
    OutputError
        The file cannot be written.
    """
    import skops.io as sio  # noqa: PLC0415 - it imports much of scikit-learn

    try:
        data = settled(sio.dumps(estimator, compression=zipfile.ZIP_DEFLATED))
    except DAMAGE as error:
        message = (
            f"skops cannot write this model: {str(error).splitlines()[0]}; use parts of scikit-learn only"
        )
        raise ModelError([Problem("unsaveable_model", type(estimator).__name__, message)]) from error
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def describe(estimator: Any) -> str:
    """Name a model's type, and those of a pipeline's steps.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.linear_model import LogisticRegression
    >>> describe(make_pipeline(StandardScaler(), LogisticRegression()))
    'Pipeline: StandardScaler, LogisticRegression'
    """
    steps = [type(step).__name__ for _, step in getattr(estimator, "steps", [])]
    return type(estimator).__name__ + (f": {', '.join(steps)}" if steps else "")


def _wrapped(
    obj: Any,
    columns: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
    sha256: str | None = None,
    name: str | None = None,
) -> Model:
    if not hasattr(obj, "predict_proba") and not hasattr(obj, "predict"):
        message = f"a model can predict_proba or predict, got {type(obj).__name__}; give a fitted classifier"
        raise ModelError([Problem("no_model", "model", message)])
    named = columns if columns is not None else getattr(obj, "feature_names_in_", ())
    labels = classes if classes is not None else getattr(obj, "classes_", ())
    known = tuple(plain(label) for label in labels)
    return Model(obj, tuple(map(str, named)), known, name or describe(obj), sha256)


def _is_skops(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "schema.json" in archive.namelist()
    except DAMAGE:
        return False
