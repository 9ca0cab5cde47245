"""Pickles of TorchScript, read by an interpreter that knows two dozen operations and imports nothing.

A name in the file is compared with a short list; none is looked up. What comes out is plain: numbers, texts,
lists, dictionaries, ``Tensor`` and ``Thing``.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from ..model_checks import require
from .refusal import Unmade

KINDS = {
    "ByteStorage": "<u1", "CharStorage": "<i1", "ShortStorage": "<i2", "IntStorage": "<i4",
    "LongStorage": "<i8", "HalfStorage": "<f2", "FloatStorage": "<f4", "DoubleStorage": "<f8",
    "BoolStorage": "|b1",
}  # fmt: skip
"""How numpy spells the bytes of torch's kinds of storage."""
_MOST_STEPS = 400_000
_TENSOR, _ORDERED, _TAGGED = "torch._utils _rebuild_tensor_v2", "collections OrderedDict", "restore_type_tag"
_LISTS = tuple(f"torch.jit._pickle build_{kind}list" for kind in ("int", "double", "bool", "tensor"))
_PUSHES: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple, "EMPTY_LIST": list, "EMPTY_DICT": dict,
}  # fmt: skip
_VALUES = ("BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT")
_OWN = ("__torch__.", "__torch__ ")
"""How the names of classes begin that the file itself writes."""
_MARK = object()

Load = Callable[[str, str, int], NDArray[Any]]
"""Of a storage: its kind, its name in the archive and its count, to its numbers."""


@dataclass(frozen=True)
class Global:
    """A name that the file bears; it stands for nothing but itself."""

    name: str


@dataclass(eq=False)
class Thing:
    """An object of a class that the file's own code writes: a module.

    Parameters
    ----------
    kind : str
        ``"__torch__.nets.Net"``.
    state : dict
        Its attributes.
    """

    kind: str
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, frozen=True)
class Tensor:
    """A tensor of the file.

    Parameters
    ----------
    numbers : ndarray
    learnt : bool
        Whether it asks for gradients.
    """

    numbers: NDArray[Any]
    learnt: bool


@dataclass(frozen=True)
class _Storage:
    numbers: NDArray[Any]


class Reader:
    """Reads pickles.

    Parameters
    ----------
    load : callable
        Gives the numbers of a storage.
    lay : callable
        Lays a tensor out of numbers, a start, sizes and strides.
    """

    def __init__(self, load: Load, lay: Callable[..., NDArray[Any]]) -> None:
        self._load, self._lay = load, lay
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self, data: bytes) -> Any:
        """Read one pickle.

        Raises
        ------
        ValueError
            It is damaged, or holds an operation or a name that TorchScript does not write.
        Unmade
            It holds a tensor or an object of a kind that is not read.
        """
        self._stack, self._memo = [], {}
        for step, (operation, given, _) in enumerate(pickletools.genops(data)):
            require(step < _MOST_STEPS, "a pickle in it is too long")
            if operation.name == "STOP":
                require(len(self._stack) == 1, "a pickle in it gives no one thing")
                return self._stack[0]
            self._step(operation.name, given)
        raise ValueError("a pickle in it does not end")

    def _step(self, name: str, given: Any) -> None:
        if name in _PUSHES:
            self._stack.append(_PUSHES[name]())
        elif name in _VALUES:
            self._stack.append(given)
        elif name in ("BINPUT", "LONG_BINPUT"):
            self._memo[given] = self._top()
        elif name in ("BINGET", "LONG_BINGET"):
            require(given in self._memo, "a pickle in it points to what it does not hold")
            self._stack.append(self._memo[given])
        else:
            known = getattr(self, f"_{name.lower()}", None) if name in _STEPS else None
            require(known is not None, f"a pickle in it holds {name}, which TorchScript does not write")
            self._stack.append(known(given)) if name in _MAKERS else known(given)  # type: ignore[misc]

    def _top(self) -> Any:
        require(bool(self._stack) and self._stack[-1] is not _MARK, "a pickle in it takes what is not there")
        return self._stack[-1]

    def _pop(self) -> Any:
        found = self._top()
        self._stack.pop()
        return found

    def _marked(self) -> list[Any]:
        items: list[Any] = []
        while self._stack:
            item = self._stack.pop()
            if item is _MARK:
                return items[::-1]
            items.append(item)
        raise ValueError("a pickle in it takes what is not there")

    def _proto(self, given: Any) -> None:
        require(given == 2, "a pickle in it is of another protocol than TorchScript's")

    def _mark(self, _given: Any) -> Any:
        return _MARK

    def _global(self, given: Any) -> Global:
        kind = str(given).removeprefix("torch ")
        known = given in (_TENSOR, _ORDERED, f"torch.jit._pickle {_TAGGED}", *_LISTS) or kind in KINDS
        if kind.endswith("Storage") and not known:
            raise Unmade(f"holds weights of the kind {kind[:60]!r}")
        own = str(given).startswith(_OWN) and "torch.classes" not in str(given)
        if not known and not own:
            raise Unmade(f"holds an object of the class {str(given)[:80]!r}")
        return Global(str(given))

    def _tuple(self, _given: Any) -> tuple[Any, ...]:
        return tuple(self._marked())

    def _tuple1(self, _given: Any) -> tuple[Any, ...]:
        return (self._pop(),)

    def _tuple2(self, _given: Any) -> tuple[Any, ...]:
        last = self._pop()
        return (self._pop(), last)

    def _tuple3(self, _given: Any) -> tuple[Any, ...]:
        last, middle = self._pop(), self._pop()
        return (self._pop(), middle, last)

    def _append(self, _given: Any) -> None:
        item = self._pop()
        self._list().append(item)

    def _appends(self, _given: Any) -> None:
        items = self._marked()
        self._list().extend(items)

    def _list(self) -> list[Any]:
        found = self._top()
        require(isinstance(found, list), "a pickle in it appends to no list")
        return found  # type: ignore[no-any-return]

    def _setitem(self, _given: Any) -> None:
        value, key = self._pop(), self._pop()
        self._set([key, value])

    def _setitems(self, _given: Any) -> None:
        self._set(self._marked())

    def _set(self, items: list[Any]) -> None:
        found = self._top()
        require(isinstance(found, dict) and len(items) % 2 == 0, "a pickle in it sets items of no dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            require(isinstance(key, str | int) and key not in found, "a key in it stands twice")
            found[key] = value

    def _newobj(self, _given: Any) -> Thing:
        arguments, kind = self._pop(), self._pop()
        require(isinstance(kind, Global) and arguments == (), "a pickle in it makes an object of no class")
        require(kind.name.startswith(_OWN), "a pickle in it makes an object of no class of its own")
        return Thing(kind.name.replace(" ", "."))

    def _build(self, _given: Any) -> None:
        state, thing = self._pop(), self._top()
        if not isinstance(thing, Thing) or not isinstance(state, dict):
            raise Unmade("holds an object that restores itself by code of its own")
        require(not thing.state and all(isinstance(key, str) for key in state), "an object in it is damaged")
        thing.state.update(state)

    def _binpersid(self, _given: Any) -> _Storage:
        given = self._pop()
        require(
            isinstance(given, tuple) and len(given) == 5 and given[0] == "storage", "a storage is damaged"
        )
        _, kind, name, _, count = given
        name_of = kind.name.removeprefix("torch ") if isinstance(kind, Global) else ""
        require(name_of in KINDS and isinstance(name, str) and _is_count(count), "a storage is damaged")
        return _Storage(self._load(KINDS[name_of], name, count))

    def _reduce(self, _given: Any) -> Any:
        arguments, function = self._pop(), self._pop()
        require(isinstance(function, Global) and isinstance(arguments, tuple), "a pickle in it calls no name")
        if function.name == _TENSOR:
            return self._tensor(arguments)
        if function.name == _ORDERED and not arguments:
            return {}
        listed = function.name in _LISTS or function.name.endswith(_TAGGED)
        require(listed and len(arguments) in (1, 2), "a pickle in it calls what makes no value")
        return arguments[0]

    def _tensor(self, given: tuple[Any, ...]) -> Tensor:
        require(len(given) == 6, "a tensor in it is damaged")
        storage, start, sizes, strides, learnt, hooks = given
        places = isinstance(sizes, tuple) and isinstance(strides, tuple)
        require(places and all(map(_is_count, (start, *sizes, *strides))), "a tensor in it is damaged")
        require(isinstance(storage, _Storage) and hooks == {}, "a tensor in it is damaged")
        return Tensor(self._lay(storage.numbers, (start, list(sizes), list(strides))), learnt is True)


_MAKERS = (
    "MARK", "GLOBAL", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "NEWOBJ", "BINPERSID", "REDUCE",
)  # fmt: skip
_STEPS = (*_MAKERS, "PROTO", "APPEND", "APPENDS", "SETITEM", "SETITEMS", "BUILD")


def _is_count(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 1 << 31
