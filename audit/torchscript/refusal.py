"""What is said of a program that is sound and cannot be made anew."""

from __future__ import annotations

from ...errors import ModelError, Problem, UntrustedModelError


class Unmade(Exception):  # noqa: N818 - it says what the program holds, and is caught at the model door
    """A program holds something that cannot be made anew; the text names it, after "it"."""


class OnRows(Unmade):
    """A program asks something whose answer depends on how many rows there are."""

    def __init__(self) -> None:
        super().__init__("decides by how many rows there are (an if on a size of the table)")


class Misfit(Unmade):
    """A step of a program does not take what is given to it; the text says which, and why."""


def refusal(error: Unmade, where: str, digest: str, width: int) -> ModelError:
    """Make the error of a program that cannot be made anew.

    Parameters
    ----------
    error : Unmade
    where : str
        The file.
    digest : str
        Its SHA-256.
    width : int
        Columns that were named.
    """
    if isinstance(error, Misfit):
        message = f"the program fails on rows of {width} numbers, at {error}; name each input once, in order"
        return ModelError([Problem("wrong_columns", "model_columns", message)])
    message = (
        "a TorchScript program is built anew of operators that only compute, and this one cannot be: it"
        f" {error}; save the network with torch.export.save, or, if you trust the file, add to the settings:"
        f' trusted = ["{digest}"]'
    )
    return UntrustedModelError([Problem("unmade_program", where, message)])
