"""Crafted TorchScript files: refused in a sentence; nothing of them runs, and nothing is written."""

from __future__ import annotations

import io
import os
import pickle
import random
import re
import resource
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.model import load_model
from evenhand.audit.torchscript.program_text import check_words
from evenhand.audit.torchscript.refusal import Unmade
from evenhand.errors import InputError, ModelError

torch = pytest.importorskip("torch")

from evenhand.tests.script_nets import (  # noqa: E402 - they need torch
    archived,
    network,
    parts_of,
    saved,
    scripted,
    traced,
)  # fmt: skip

DECLARED = {"columns": ["a", "b", "c"], "output": "logit"}
ROWS = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=["a", "b", "c"])
WATCHED = ("os.system", "os.exec", "os.posix_spawn", "subprocess.", "socket.", "shutil.", "pickle.find_class")


class Watch:
    """What the interpreter is asked to do while a file is loaded: files written, programs started."""

    def __init__(self) -> None:
        self.on, self.seen = False, []

    def __call__(self, event, arguments) -> None:
        if not self.on:
            return
        if event == "open":
            writes = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            self.seen += [(event, str(arguments))] if writes else []
        elif event.startswith(WATCHED):
            self.seen.append((event, str(arguments)))


WATCH = Watch()
sys.addaudithook(WATCH)


SAVING = """
import sys
from evenhand.tests.script_nets import network, saved, scripted
sys.stdout.buffer.write(saved(scripted(network("sequence").eval())))
"""


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    """Parts of a sound file, from a process of its own: torch renames what it has compiled before."""
    done = subprocess.run([sys.executable, "-c", SAVING], capture_output=True, check=True)
    return parts_of(done.stdout)


@pytest.fixture
def loading(tmp_path):
    """Load bytes as a model file, watched; return the message of the error."""
    import torch._dynamo  # noqa: F401 - torch makes a folder for it when it first asks for shapes

    def load(data: bytes) -> str:
        (tmp_path / "m.pt").write_bytes(data)
        WATCH.on, WATCH.seen = True, []
        try:
            with pytest.raises(ModelError) as error:
                load_model(tmp_path / "m.pt", **DECLARED)
        finally:
            WATCH.on = False
        assert WATCH.seen == []
        assert [item.name for item in tmp_path.iterdir()] == ["m.pt"]
        return str(error.value)

    return load


def with_code(parts, text: str | bytes, name="container.py") -> bytes:
    """Put a text in the place of the outermost module's code."""
    (found,) = [part for part in parts if part.endswith(name)]
    text = text if isinstance(text, bytes) else text.encode()
    return archived({**parts, found: text})


def forward(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"class Sequential(Module):\n  def forward(self, input: Tensor) -> Tensor:\n{lines}"


class Touch:
    """A pickle that makes a folder when it is loaded."""

    def __reduce__(self):
        return os.mkdir, ("made",)


PROTOCOLS = [pickle.dumps(Touch(), protocol) for protocol in range(5)]
MODULE = b"\x80\x02c__torch__.torch.nn.modules.container\nSequential\n)\x81}("


@pytest.mark.parametrize("name", ["data.pkl", "constants.pkl"])
@pytest.mark.parametrize(
    "data",
    [
        *PROTOCOLS,
        b"cos\nsystem\n(S'touch made'\ntR.",
        b"\x80\x02cos\nsystem\nX\x0a\x00\x00\x00touch made\x85R.",
        b"\x80\x02c__torch__.os\nsystem\nX\x0a\x00\x00\x00touch made\x85R.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.",
        b"\x80\x02ctorch\nload\nX\x04\x00\x00\x00m.pt\x85R.",
        MODULE + b"X\x01\x00\x00\x000c__builtin__\neval\nX\x0a\x00\x00\x00print(1+1)\x85Rub.",
        b"\x80\x02\x82\x01.", b"\x80\x02P0\n.", b"\x80\x02h\x07.", b"\x80\x02.", b"\x80\x02((((((.", b"",
        b"\x80\x02", b"\x80\x02]q\x00h\x00a.", b"\x80\x02" + b"N" * 500_000 + b".",
        b"\x80\x02" + b"(" * 90_000 + b"t" * 89_999 + b".",
        b"\x80\x02X\xff\xff\xff\x7fabc.", b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
    ],
)  # fmt: skip
def test_a_crafted_pickle_is_refused_and_nothing_of_it_is_called(parts, loading, name, data):
    (found,) = [part for part in parts if part.endswith(f"/{name}")]
    message = loading(archived({**parts, found: data}))
    assert "cannot be" in message
    assert not os.path.exists("made")  # noqa: PTH110


NOT_LISTED = "is not on the list"
CODE = [
    (forward('return torch.from_file("/etc/passwd", False, 10)'), NOT_LISTED),
    (forward('_0 = torch.save(input, "made")\nreturn input'), NOT_LISTED),
    (forward('_0 = ops.aten.save(input, "made")\nreturn input'), NOT_LISTED),
    (forward("return ops.prim.PythonOp(input)"), "is not known to compute"),
    (forward("return ops.quantized.linear(input)"), NOT_LISTED),
    (forward("return torch.ops.aten.relu(input)"), NOT_LISTED),
    (forward('return __torch__.os.system("touch made")'), NOT_LISTED),
    (forward('return torch.__init__("x")'), NOT_LISTED),
    (forward("return torch._C._jit_set_profiling_mode(True)"), NOT_LISTED),
    (forward('return __import__("os")'), NOT_LISTED),
    (forward('return eval("1")'), NOT_LISTED),
    (forward('return getattr(input, "__class__")'), "of what is no module"),
    (forward("return input.__class__.__mro__"), "of what is no module"),
    (forward("return (self).__reduce__()"), "which it does not write"),
    (forward("self = input\nreturn torch"), "gives _?Path and not one tensor"),
    (forward("torch = self\nreturn torch"), "gives the name 'torch' to a value"),
    (forward("ops, CONSTANTS, = [input, input]\nreturn ops"), "gives the name 'ops'"),
    (forward("def torch(x):\n  return x\nreturn input"), "FunctionDef"),
    (forward("return (self).forward(input)"), "call each other too deep"),
    (forward("return __torch__.torch.nn.modules.container.other(input)") +
     "def other(x):\n  return __torch__.torch.nn.modules.container.more(x)\n"
     "def more(x):\n  return __torch__.torch.nn.modules.container.other(x)\n", "call each other too deep"),
    (forward("return input") + "  def forward(self, x):\n    return self\n", "'Sequential.forward' twice"),
    (forward("return input + input"), "in its code, which torch's compiler does not write"),
    (forward("return lambda: input"), "inside a line of its code"),
    (forward("return [x for x in input]"), "inside a line of its code"),
    (forward("return input if True else self"), "inside a line of its code"),
    (forward('return f"{self}"'), "which torch's compiler does not write"),
    (forward("return 'a'"), "which torch's compiler does not write"),
    (forward("import os\nreturn input"), "inside a line of its code"),
    (forward("global os\nreturn input"), "inside a line of its code"),
    (forward("return " + "(" * 200 + "input" + ")" * 200), "opens too many brackets"),
    (forward("return input" + ".a" * 100_000), "opens too many brackets"),
    (forward("return input" + "()" * 100_000), "opens too many brackets"),
    (forward("return " + "-" * 100_000 + "1"), "two signs"),
    (forward("return " + "9" * 100_000), "a number in its code is too long"),
    (forward('return "' + "a" * 100_000 + '"'), "too long"),
    (forward("\n".join(["x = 1"] * 100_000)), "more than 250000 words"),
    (forward("\n".join(["x = input"] * 1_000_000)), "and at most [0-9]+ are read"),
    (forward("for i in range(1000000000):\n  x = 1\nreturn input"), "more than 300000 steps"),
    (forward("for i in range(1000):\n  for j in range(1000):\n    x = 1\nreturn input"), "than 300000 steps"),
    (forward("x = input\nfor i in range(60):\n  x = torch.cat([x, x], 1)\nreturn x"), "than 65536 numbers"),
    (forward("return torch.expand(torch.unsqueeze(input, 2), [-1, -1, 99999999])"), "than 65536 numbers"),
    (forward("return torch.zeros([4000000000, 4000000000])"), "torch.zeros"),
    (forward("return torch.zeros([100000000000])"), "more than 65536 numbers"),
    (forward("x = [input]\nfor i in range(60):\n  x = torch.add(x, x)\nreturn torch.cat(x)"), "too long"),
    (forward('x = "ab"\nfor i in range(60):\n  x = torch.add(x, x)\nreturn input'), "too long"),
    (forward('x = torch.remainder("%999999999d", 5)\nreturn input'), "what is no number"),
    (forward('x = torch.format("{:999999999}", 5)\nx = torch.mul(x, 9)\nreturn input'), "what is no number"),
    (forward("x = 9\nfor i in range(60):\n  x = torch.mul(x, x)\nreturn input"), "too large"),
    (forward("x = torch.pow(9, 999999999)\nreturn input"), "a large power"),
    (forward("x = [input]\n_0 = torch.append(x, x)\nreturn torch.cat(x)"), "cannot be"),
    (forward("return CONSTANTS.c99"), "which is not there"),
    (forward("return self"), "gives Thing and not one tensor"),
    (forward("return nothing"), "before it has a value"),
    (forward('return torch.einsum("__import__", [input])'), "a text that no operator takes"),
    (forward('x = torch.len(torch.format("{}", 0.1))\nreturn input'), "or of a message"),
    (forward("x = torch.__is__(torch.contiguous(input), input)\nreturn input"), "which only torch knows"),
    (b"class Sequential(Module):\n  def forward(self, input):\n    return \xff\xfe\n", "cannot be read"),
    (b"\x00" * 1000, "torch's compiler does not write"),
    ("class Sequential(Module):\n" + "".join("  " * d + "class A(B):\n" for d in range(1, 150)), "cannot be"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), CODE, ids=range(len(CODE)))
def test_crafted_code_is_refused_and_told(parts, loading, text, message):
    assert re.search(message, loading(with_code(parts, text)))


def test_an_inner_module_that_calls_the_outer_one_is_refused(parts, loading):
    (name,) = [part for part in parts if part.endswith("data.pkl")]
    # A module that holds itself: the state's first entry points back to the whole.
    looped = MODULE.replace(b"\x81}(", b"\x81q\x00}(") + b"X\x01\x00\x00\x000h\x00ub."
    text = forward('_0 = getattr(self, "0")\nreturn (_0).forward(input)')
    message = loading(with_code({**parts, name: looped}, text))
    assert "call each other too deep" in message


TRAINING = b"X\x08\x00\x00\x00training"


def data_changed(parts, old: bytes, new: bytes) -> bytes:
    (name,) = [part for part in parts if part.endswith("data.pkl")]
    assert old in parts[name]
    return archived({**parts, name: parts[name].replace(old, new, 1)})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"K\x08K\x03t(K\x03K\x01t", b"J\xff\xff\xff\x7fK\x03t(K\x00K\x00t", "is damaged|repeats"),
        (b"K\x08K\x03t(K\x03K\x01t", b"M\xff\xffK\x03t(K\x00K\x00t", "repeats its numbers"),
        (b"K\x08K\x03t(K\x03K\x01t", b"K\x08K\x03t(K\x63K\x01t", "lies outside its numbers"),
        (b"K\x08K\x03t(K\x03K\x01t", b"K\x08K\x03t(J\xff\xff\xff\xffK\x01t", "a tensor in it is damaged"),
        (b"K\x08K\x03t(K\x03K\x01t", b"K\x08K\x03t(K\x01t", "is damaged"),
        (b"FloatStorage", b"BFloat16Storage", "holds weights of the kind"),
        (b"FloatStorage", b"DoubleStorage", "not as many as it says"),
        (b"cpuq\x09K\x18", b"cpuq\x09K\x19", "not as many as it says"),
        (TRAINING, TRAINING + b"\x88" + TRAINING, "stands twice"),
        (b"Sequential", b"Elsewhere1", "holds no method forward"),
    ],
)  # fmt: skip
def test_weights_that_are_not_what_they_say_are_refused(parts, loading, old, new, message):
    assert re.search(message, loading(data_changed(parts, old, new)))


def test_many_weights_on_the_same_numbers_do_not_fill_the_memory(loading):
    big = torch.zeros(4_000_000)

    class Views(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for place in range(40):
                self.register_buffer(f"v{place}", big[place:])

        def forward(self, rows):
            return rows.sum(1) + self.v0[0]

    data = saved(scripted(Views()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "repeat their numbers too often" in loading(archived(parts_of(data)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


def test_a_bomb_is_not_unpacked(parts, loading):
    (name,) = [part for part in parts if part.endswith("data/0")]
    assert "must not unpack to" in loading(archived({**parts, name: b"\0" * (300 << 20)}))


def test_two_parts_of_one_name_are_refused(parts, loading):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(next(iter(parts)), b"other")
    assert "two of its parts bear one name" in loading(buffer.getvalue())


def test_an_archive_that_says_it_spans_disks_is_refused(parts, loading):
    data = archived(parts)
    spans = b"PK\x06\x07" + struct.pack("<LQL", 0, 0, 2)
    assert "its SHA-256 must be listed" in loading(data[:-22] + spans + data[-22:])


@pytest.mark.parametrize("name", ["../../etc/passwd", "other/data.pkl"])
def test_parts_in_another_folder_are_refused(parts, loading, name):
    assert "do not lie in one folder" in loading(archived({**parts, name: b"x"}))


def test_words_are_checked_before_they_are_parsed():
    assert check_words('x = "a (b) # c"\n') == 3
    for text in ("x = 1 + 2", 'x = b"a"', "# note", "x = \\", "x = 0x10", "é = 1", "x\t= 1", "x;", "@x"):
        with pytest.raises(Unmade):
            check_words(text)


def mutated(rng: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        place = rng.randrange(len(found))
        if rng.random() < 0.6:
            found[place] = rng.randrange(256)
        elif rng.random() < 0.5:
            found[place : place + rng.randrange(1, 12)] = b""
        else:
            found[place:place] = found[place : place + rng.randrange(1, 30)]
    return bytes(found)


@pytest.mark.parametrize("seed", range(4))
def test_a_mutated_file_is_refused_or_scores_and_does_nothing_else(tmp_path, seed):
    import torch._dynamo  # noqa: F401 - torch makes a folder for it when it first asks for shapes

    rng = random.Random(seed)
    whole = [
        parts_of(saved(way(network(name).eval())))
        for name in ("loop", "lookup")
        for way in (scripted, traced)
    ]
    for _ in range(25):
        parts = dict(rng.choice(whole))
        name = rng.choice([part for part in parts if part.endswith((".py", ".pkl"))])
        data = archived({**parts, name: mutated(rng, parts[name])})
        (tmp_path / "m.pt").write_bytes(data if rng.random() < 0.9 else mutated(rng, data))
        WATCH.on, WATCH.seen = True, []
        try:
            load_model(tmp_path / "m.pt", **DECLARED).scores(ROWS, 1)
        except InputError:
            pass
        finally:
            WATCH.on = False
        assert WATCH.seen == []
    assert [item.name for item in tmp_path.iterdir()] == ["m.pt"]
