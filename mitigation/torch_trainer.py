"""A neural network for tables that can be trained for accuracy and for equal treatment at once."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import EvenhandWarning, InputError
from .base import Sensitivity
from .oracle import Progress, Watch
from .rows import Floats
from .splitting import held_out
from .table_encoder import TableEncoder, table_columns
from .torch_options import option_problems, recipe_of
from .torch_parts import device_named, import_torch, put_weights, seeded, table_module
from .torch_penalties import groupings
from .torch_training import Batch, as_batch, logits_of, train
from .training_rows import TrainingRows, training_rows


class TabularNet(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A network of embeddings and hidden layers, trained with a fairness penalty, an adversary or a tree.

    Numbers are standardised, their missing values set to the mean and marked; categories (whatever is no
    number) are embedded, a missing value as a level of its own and an unseen level as the origin.
    The loss is the logarithmic loss plus, where asked for, ``penalty_weight`` times the gaps of soft rates,
    ``adversary_weight`` times what an adversary can tell of the group, and ``tree_weight`` times the distance
    to the best small tree. Groups are needed at training only, and are not read as columns unless they are
    columns of X.

    Parameters
    ----------
    hidden : tuple of int, default (64, 32)
        Units of each hidden layer; empty for a logistic regression.
    dropout : float in [0, 1), default 0.0
    batch_size : int, optional
        None means a twentieth of the rows, 32 at least and 512 at most. A penalty needs rows of every group
        in a batch: with small groups, larger batches are steadier.
    learning_rate : float, default 2e-3
    weight_decay : float, default 1e-4
    max_epochs : int, default 40
    patience : int, default 6
        Epochs without a better one after which training ends.
    validation_fraction : float in [0, 1), default 0.15
        The share of rows, evenly from every group and label, whose loss chooses the epoch (with the penalty
        of the decisions on all rows: held-out rows hold too few of small groups). At 0, and where the rows
        are too few to hold any out, all epochs are run; so they are with an adversary, whose game has no
        figure that falls.
    penalty : str, default "equalized_odds"
        "demographic_parity", "equal_opportunity", "predictive_equality", "equalized_odds",
        "error_rate_parity", "predictive_parity", or any rate by its own name: "selection_rate",
        "true_positive_rate", "false_positive_rate", "true_negative_rate", "false_negative_rate",
        "positive_predictive_value", "negative_predictive_value", "error_rate".
    penalty_weight : float, 0 or more, default 0.0
        How much loss a gap of 1 between two groups may cost at most. From about 0.3 gaps narrow, and from
        about 1 on little but accuracy changes.
    penalty_groups : {"intersection", "each", "both"}, default "intersection"
        With several sensitive columns: hold their intersections equal, the groups of each column, or both.
    sharpness : float above 0, default 3.0
        Soft decisions are the logistic function of the logit times this: the larger, the nearer to decisions
        at a probability of 0.5, and the less slope.
    adversary : {"score", "representation"}, optional
        What an adversary reads to guess the group: the logit, or the last hidden layer.
    adversary_weight : float, 0 or more, default 0.0
    adversary_sees_label : bool, default True
        Whether it knows the true label, so that only what the score tells beyond the label is punished.
    tree_weight : float, 0 or more, default 0.0
        Of the squared distance to the best tree of ``tree_leaves`` leaves, which is grown anew every epoch.
    tree_leaves : int, default 8
    time_limit : float, optional
        Seconds after which no further epoch is begun; ``stopped_`` says so.
    device : str, default "cpu"
        "cpu", "cuda", "mps", or "auto" for the GPU where there is one. Results repeat on one device.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where ``fit`` gets no ``sensitive_features``.
    pos_label : object, optional
        The class whose rate is the selection rate; None means the greater one.
    progress : callable, optional
        Called as ``progress(what, done, most)`` after every epoch.
    random_state : int, default 0
        Of the split, the first weights, the batches and the dropout. torch's own random state is left as it
        was.

    Attributes
    ----------
    module_ : torch.nn.Module
        From ``to_tensor``'s floats to logits of shape (rows, 1), set to predict; ``represent`` gives the last
        hidden layer. Built from ``net_weights_``.
    net_weights_ : dict of str to ndarray
        The weights by torch's names: what is saved of the network.
    encoder_ : TableEncoder
    classes_ : ndarray of shape (2,)
    positive_ : int
        The position of the positive class.
    groups_ : list of tuple
    history_ : list of dict
        Of every epoch: ``train_loss`` of its steps, then of the weights that would be kept the ``loss`` on
        the held-out rows, the ``penalty`` of the decisions on all rows, and their weighted sum, the
        ``objective``.
    best_epoch_, n_iter_ : int
    stopped_ : bool
        Whether the time limit ended training.
    n_features_in_, feature_names_in_

    Raises
    ------
    InputError
        At ``fit``: torch is not installed, options out of range, not two classes, or unfit rows.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"a": rng.normal(size=400), "sex": rng.choice(["F", "M"], 400)})
    >>> y = (X["a"] + (X["sex"] == "M") > 0.5).astype(int)
    >>> model = TabularNet(hidden=(8,), max_epochs=5, sensitive_columns="sex").fit(X, y)
    >>> model.predict_proba(X).shape, tuple(model.to_tensor(X).shape)
    ((400, 2), (400, 2))
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sensitive_features": True}

    needs_sensitive: ClassVar[Sensitivity] = "training"
    strength_parameter: ClassVar[str | None] = "penalty_weight"
    strengths: ClassVar[tuple[float, ...]] = (0.1, 0.3, 0.6, 1.0)

    def __init__(
        self,
        *,
        hidden: tuple[int, ...] = (64, 32),
        dropout: float = 0.0,
        batch_size: int | None = None,
        learning_rate: float = 2e-3,
        weight_decay: float = 1e-4,
        max_epochs: int = 40,
        patience: int = 6,
        validation_fraction: float = 0.15,
        penalty: str = "equalized_odds",
        penalty_weight: float = 0.0,
        penalty_groups: str = "intersection",
        sharpness: float = 3.0,
        adversary: str | None = None,
        adversary_weight: float = 0.0,
        adversary_sees_label: bool = True,
        tree_weight: float = 0.0,
        tree_leaves: int = 8,
        time_limit: float | None = None,
        device: str = "cpu",
        sensitive_columns: Any = None,
        pos_label: Any = None,
        progress: Progress | None = None,
        random_state: int = 0,
    ) -> None:
        self.hidden = hidden
        self.dropout = dropout
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.max_epochs = max_epochs
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.penalty = penalty
        self.penalty_weight = penalty_weight
        self.penalty_groups = penalty_groups
        self.sharpness = sharpness
        self.adversary = adversary
        self.adversary_weight = adversary_weight
        self.adversary_sees_label = adversary_sees_label
        self.tree_weight = tree_weight
        self.tree_leaves = tree_leaves
        self.time_limit = time_limit
        self.device = device
        self.sensitive_columns = sensitive_columns
        self.pos_label = pos_label
        self.progress = progress
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> TabularNet:
        """Train the network.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)
        y : array-like of shape (rows,)
            Two classes.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named and a penalty or an
            adversary is asked for, all rows are one group, and an EvenhandWarning says that nothing is held
            equal.
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        TabularNet
            Itself.

        Raises
        ------
        InputError
        """
        problems = list(option_problems(self))
        if problems:
            raise InputError(problems)
        device = device_named(self.device)
        validate_data(self, X, y, skip_check_array=True)
        self.encoder_ = TableEncoder().fit(X)
        rows = self._training_rows(X, y, sensitive_features, sample_weight)
        self.classes_, self.groups_ = rows.classes, list(rows.groups.levels)
        self.positive_ = int(rows.classes[1] == rows.positive)
        whole = as_batch(
            self.encoder_.transform(X), rows, groupings(rows.groups, self.penalty_groups), device
        )
        part, validation = self._split(whole, rows)
        watch = Watch("network", self.max_epochs, self.time_limit, self.progress)
        with seeded(self.random_state, device):
            module = self._make_module().to(device)
            trained = train(module, recipe_of(self), part, validation, watch)
        self.net_weights_, self.history_ = trained.weights, trained.history
        self.best_epoch_, self.n_iter_, self.stopped_ = (
            trained.best_epoch,
            len(trained.history),
            trained.stopped,
        )
        self._module = module.eval()
        if self.stopped_:
            said = f"the time limit of {self.time_limit} s ended training after {self.n_iter_} epochs;"
            warnings.warn(f"{said} the best so far is kept", EvenhandWarning, stacklevel=2)
        return self

    def _training_rows(self, X: Any, y: Any, sensitive_features: Any, sample_weight: Any) -> TrainingRows:
        equal = self.penalty_weight or (self.adversary is not None and self.adversary_weight)
        alone = sensitive_features is None and self.sensitive_columns is None and not equal
        return training_rows(
            X, y,
            sensitive_features=np.zeros(len(y), dtype=np.int64) if alone else sensitive_features,
            sensitive_columns=self.sensitive_columns, sample_weight=sample_weight, pos_label=self.pos_label,
        )  # fmt: skip

    def _split(self, whole: Batch, rows: TrainingRows) -> tuple[Batch, Batch | None]:
        torch = import_torch()
        cells = rows.labels * len(rows.groups.levels) + rows.groups.codes
        kept, held = held_out(cells, self.validation_fraction, self.random_state)
        if not rows.weights[held].any():
            return whole, None
        part, validation = (whole.take(torch.as_tensor(at, device=whole.rows.device)) for at in (kept, held))
        return part, validation

    def _make_module(self) -> Any:
        return table_module(self.encoder_.width, self.encoder_.sizes, tuple(self.hidden), self.dropout)

    @property
    def module_(self) -> Any:
        """The fitted network, on ``device``, set to predict."""
        check_is_fitted(self)
        if "_module" not in self.__dict__:
            device = device_named(self.device)
            with seeded(self.random_state, device):  # its first weights are drawn, and then replaced
                self._module = put_weights(self._make_module(), self.net_weights_).to(device)
        return self._module

    def __getstate__(self) -> dict[str, Any]:
        """Leave the module out: it is built again from the arrays, so that no file has to hold code."""
        return {name: value for name, value in super().__getstate__().items() if name != "_module"}

    def to_tensor(self, X: Any) -> Any:
        """Give rows as the module takes them.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)

        Returns
        -------
        torch.Tensor of float32, shape (rows, numbers + marks + categories)
            On ``device``.
        """
        check_is_fitted(self)
        table_columns(X)  # says what is wrong with an array before its columns are counted
        validate_data(self, X, reset=False, skip_check_array=True)
        torch = import_torch()
        return torch.from_numpy(self.encoder_.transform(X)).to(device_named(self.device))

    def decision_function(self, X: Any) -> Floats:
        """Give the logit of the second class.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)

        Returns
        -------
        ndarray of float, shape (rows,)
        """
        logits = logits_of(self.module_, self.to_tensor(X)).cpu().numpy().astype(np.float64)
        return np.asarray(logits if self.positive_ else -logits)

    def predict_proba(self, X: Any) -> Floats:
        """Give the probability of each class.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)

        Returns
        -------
        ndarray of float in [0, 1], shape (rows, 2)
        """
        second = expit(self.decision_function(X))
        return np.column_stack([1.0 - second, second])

    def predict(self, X: Any) -> Any:
        """Choose the class whose probability is at least 0.5; the second where both are.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)

        Returns
        -------
        ndarray of shape (rows,)
        """
        chosen = (self.decision_function(X) >= 0).astype(np.int64)
        return self.classes_[chosen]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags
