"""A small network trained on the embedded Adult data, and a report that looks inside it.

Run it as ``python examples/torch_adult.py OUT``: it takes about a minute and writes a report to OUT.
The network reads no sex and no race, only what the census asked besides; the report shows how well its hidden
layers tell them all the same, which units carry them, and what silencing those units does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from evenhand import Result, audit_model, wrap_model
from evenhand.audit.data import adult_path

NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
WORDS = ["workclass", "marital-status", "occupation", "relationship"]
COLUMNS = [*NUMBERS, *WORDS]


class Encoder:
    """Turns rows into the network's tensor: numbers scaled, one input for each word of the training rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        Training rows.
    """

    def __init__(self, rows: pd.DataFrame) -> None:
        numbers = np.log1p(rows[NUMBERS].to_numpy(dtype=float))
        self.mean, self.spread = numbers.mean(axis=0), numbers.std(axis=0)
        self.words = [(name, word) for name in WORDS for word in sorted(rows[name].dropna().unique())]

    def __call__(self, rows: pd.DataFrame) -> torch.Tensor:
        numbers = (np.log1p(rows[NUMBERS].to_numpy(dtype=float)) - self.mean) / self.spread
        words = [(rows[name] == word).to_numpy(dtype=float) for name, word in self.words]
        return torch.tensor(np.column_stack([numbers, *words]), dtype=torch.float32)


def train(inputs: torch.Tensor, labels: torch.Tensor, *, epochs: int = 8, seed: int = 0) -> torch.nn.Module:
    """Train two hidden layers, the same for the same seed.

    Parameters
    ----------
    inputs : torch.Tensor, shape (rows, inputs)
    labels : torch.Tensor, shape (rows,)
        1 where the income is above 50,000, else 0.
    epochs : int
    seed : int
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = torch.nn.Sequential(
            torch.nn.Linear(inputs.shape[1], 24),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.1),
            torch.nn.Linear(24, 12),
            torch.nn.ReLU(),
            torch.nn.Linear(12, 1),
        )
        adam, loss = torch.optim.Adam(network.parameters(), lr=5e-3), torch.nn.BCEWithLogitsLoss()
        for _ in range(epochs):
            for batch in torch.randperm(len(inputs)).split(256):
                adam.zero_grad()
                loss(network(inputs[batch])[:, 0], labels[batch]).backward()
                adam.step()
    return network.eval()


def audit(*, train_rows: int = 15_000, test_rows: int = 6_000, epochs: int = 8, **settings: Any) -> Result:
    """Train on the rows for training and audit on those for testing.

    Parameters
    ----------
    train_rows, test_rows : int
        How many of each, drawn with a fixed seed.
    epochs : int
    **settings
        As of ``audit_model``.
    """
    adult = pd.read_parquet(adult_path())
    rows = {part: adult[adult["split"] == part] for part in ("train", "test")}
    known = rows["train"].sample(min(train_rows, len(rows["train"])), random_state=0)
    encode = Encoder(known)
    labels = torch.tensor((known["income"] == ">50K").to_numpy(dtype=np.float32))
    network = train(encode(known), labels, epochs=epochs)
    model = wrap_model(network, columns=COLUMNS, classes=["<=50K", ">50K"], to_tensor=encode, output="logit")
    options = {
        "title": "Adult, a network of two hidden layers",
        "credit": "UCI Adult, CC BY 4.0",
        "reference": {"sex": "Male", "race": "White"},
        "mitigate": False,
        **settings,
    }
    return audit_model(
        model,
        rows["test"].sample(min(test_rows, len(rows["test"])), random_state=0).reset_index(drop=True),
        target="income",
        pos_label=">50K",
        sensitive_features=["sex", "race"],
        **options,
    )


def main() -> None:
    """Write the report."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "torch-adult")
    folder.mkdir(parents=True, exist_ok=True)
    result = audit()
    (folder / "report.html").write_text(result.to_html(), encoding="utf-8")
    (folder / "record.json").write_text(result.record.to_json(), encoding="utf-8")
    print(f"{folder / 'report.html'}: {result!r}")


if __name__ == "__main__":
    main()
