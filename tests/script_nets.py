"""Networks of many kinds, as people write them, and ways to save them as TorchScript."""

from __future__ import annotations

import io
import warnings
import zipfile

import pytest

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional


class Residual(nn.Module):
    """A normalisation, a residual, pieces that change places, a softmax at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(3, 8), nn.LayerNorm(8), nn.Linear(8, 2)
        self.register_buffer("mean", torch.ones(3))
        self.scale = 2.5

    def forward(self, rows):
        hidden = torch.relu(self.first((rows - self.mean) / 2.0))
        hidden = hidden + functional.gelu(self.norm(hidden))
        one, other = torch.chunk(hidden, 2, dim=1)
        return torch.softmax(self.last(torch.cat([other, one], 1)) * self.scale, dim=-1)


class Loop(nn.Module):
    """A loop over layers, which the compiler unrolls, and dropout as a function."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 6), nn.Linear(6, 6)])
        self.out = nn.Linear(6, 1)

    def forward(self, rows):
        for layer in self.layers:
            rows = functional.dropout(functional.leaky_relu(layer(rows)), 0.3, self.training)
        return torch.sigmoid(self.out(rows)).squeeze(-1)


class Lookup(nn.Module):
    """Categories that are looked up, beside numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(4, 2), nn.Embedding(4, 3)])
        self.norm, self.last = nn.BatchNorm1d(6), nn.Linear(6, 2)

    def forward(self, rows):
        codes = (rows[:, 1:].abs() * 2).long().clamp(0, 3)
        found = [table(codes[:, place]) for place, table in enumerate(self.tables)]
        parts = [rows[:, :1]] + found  # noqa: RUF005 - torch's compiler knows no stars
        return self.last(self.norm(torch.cat(parts, 1)))


class Attention(nn.Module):
    """Self-attention over the columns, written out."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Parameter(torch.randn(3, 4))
        self.query, self.key, self.value = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.last = nn.Linear(12, 1)

    def forward(self, rows):
        words = rows.unsqueeze(-1) * self.words
        query, key, value = self.query(words), self.key(words), self.value(words)
        weights = torch.softmax(query @ key.transpose(-2, -1) / 4**0.5, -1)
        return self.last((weights @ value).reshape(rows.shape[0], -1))


class Encoder(nn.Module):
    """torch's own transformer, over the columns."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        self.words, self.last = nn.Parameter(torch.randn(3, 4)), nn.Linear(12, 1)
        self.encoder = nn.TransformerEncoder(layer, 2)

    def forward(self, rows):
        return self.last(self.encoder(rows.unsqueeze(-1) * self.words).flatten(1))


class Branches(nn.Module):
    """Branches, a loop, a helper, a check: all decided before a row is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.deep, self.first, self.last = True, nn.Linear(3, 3), nn.Linear(3, 1)

    def turned(self, rows):
        return torch.tanh(self.first(rows))

    def forward(self, rows):
        if self.training:
            rows = rows + torch.randn_like(rows)
        if self.deep:
            for _ in range(2):
                rows = self.turned(rows)
        if rows.shape[1] != 3:
            raise ValueError(f"three columns are needed, not {rows.shape[1]}")
        return self.last(rows)


class InPlace(nn.Module):
    """Operators in place, whose effect later uses see."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(3, 4), nn.Linear(4, 2)
        self.middle = nn.Sequential(
            nn.ReLU(inplace=True),
            nn.Linear(4, 4),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Dropout(0.3, inplace=True),
        )

    def forward(self, rows):
        hidden = self.first(rows)
        turned = self.middle(hidden)
        turned += hidden
        turned.mul_(2.0)
        return functional.log_softmax(self.last(turned).clamp_(-5, 5), -1).exp()


class Columns(nn.Module):
    """Columns picked, masked, stacked and reckoned with."""

    def forward(self, rows):
        picked = rows[:, [0, 2]]
        masked = torch.nan_to_num(rows.masked_fill(rows > 0, float("-inf")).softmax(1))
        steps = torch.arange(3).expand(rows.shape[0], 3).float()
        most, _ = rows.max(dim=1)
        left, right = torch.split(rows, [1, 2], dim=1)
        shares = torch.stack([rows, 1 - rows, rows**2, rows // 2], 2).sum(-1)
        total = torch.einsum("ij,ij->i", rows, rows) + rows.std(1) + most + left[:, 0] + right.sum(1)
        return (masked + steps + shares + torch.tensor([1.0, 2.0, 3.0])).mean(1) + total + picked.sum(1)


def sequence() -> nn.Module:
    return nn.Sequential(
        nn.Linear(3, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 1), nn.Sigmoid()
    )


def activations() -> nn.Module:
    return nn.Sequential(
        nn.Linear(3, 8), nn.GELU(), nn.LayerNorm(8), nn.ELU(), nn.SELU(), nn.SiLU(), nn.Mish(),
        nn.Hardtanh(), nn.Hardswish(), nn.Hardsigmoid(), nn.ReLU6(), nn.Softplus(), nn.LeakyReLU(0.1),
        nn.PReLU(), nn.Tanh(), nn.CELU(), nn.LogSigmoid(), nn.Softsign(), nn.Tanhshrink(),
        nn.Threshold(0.1, 0.2), nn.GroupNorm(2, 8), nn.RMSNorm(8), nn.Softshrink(0.1), nn.Hardshrink(0.1),
        nn.Softmin(1), nn.Identity(), nn.AlphaDropout(), nn.Linear(8, 8), nn.GLU(), nn.Unflatten(1, (2, 2)),
        nn.Flatten(), nn.LogSoftmax(1), nn.Softmax(dim=1),
    )  # fmt: skip


NETWORKS = {
    "sequence": sequence, "activations": activations, "residual": Residual, "loop": Loop, "lookup": Lookup,
    "attention": Attention, "encoder": Encoder, "branches": Branches, "in place": InPlace, "columns": Columns,
}  # fmt: skip


def network(name: str, kind=None) -> nn.Module:
    """Make a network with weights of chance, and running figures that are not those of a new one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = NETWORKS[name]().to(kind or torch.float32)
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d):
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 2)
    return module


def scripted(module: nn.Module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.script(module)


def traced(module: nn.Module):
    kind = next((item.dtype for item in module.parameters()), torch.float32)
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        torch.manual_seed(1)
        return torch.jit.trace(module, torch.randn(4, 3, dtype=kind), check_trace=False)


def frozen(module: nn.Module):
    program = scripted(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.freeze(program)


def optimised(module: nn.Module):
    program = scripted(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.optimize_for_inference(program)


WAYS = {"scripted": scripted, "traced": traced, "frozen": frozen, "optimised": optimised}


def saved(program) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(program, buffer)
    return buffer.getvalue()


def loaded(data: bytes):
    """Load a program as torch does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.load(io.BytesIO(data)).eval()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archived(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()
