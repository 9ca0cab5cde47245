"""Writing results: a folder is checked before any work is done, and a file appears whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from ..errors import OutputError, Problem


def writable_folder(path: str | Path) -> Path:
    """Make a folder if need be, and prove that files can be written in it.

    Parameters
    ----------
    path : str or Path
        The folder; missing parents are made.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        A file is in the way, or the system refuses to write there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     writable_folder(Path(folder) / "report").name
    'report'
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise _refused(folder, error) from error


def write_atomically(path: str | Path, content: str | bytes) -> Path:
    """Write a file so that a reader sees the old content or the new, never half of it.

    Parameters
    ----------
    path : str or Path
        The file; its folder must exist.
    content : str or bytes
        Text is written as UTF-8 with the line ends that it has.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        The folder is missing or cannot be written; nothing is left behind then.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "a.txt", "ü").read_text(encoding="utf-8")
    'ü'
    """
    target = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        handle, name = tempfile.mkstemp(prefix=".evenhand-", dir=target.parent)
    except OSError as error:
        raise _refused(target, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except OSError as error:
        raise _refused(target, error) from error
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
    return target


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal, read in pieces.

    Examples
    --------
    >>> import os
    >>> file_sha256(Path(os.devnull))[:8]
    'e3b0c442'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _umask() -> int:
    # The mask can only be read by setting it; mkstemp makes files that no one else can read.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _refused(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    message = f"results must go where files can be written, but the system says: {reason}; name another place"
    return OutputError([Problem("not_writable", str(path), message)])
