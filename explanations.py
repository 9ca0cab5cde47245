"""What the explanation of single decisions gives back: text, a page, JSON, and the record behind them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .audit.files import writable_folder, write_atomically
from .audit.record_decision import DecisionRecord


@dataclass(frozen=True, repr=False)
class Explanation:
    """Explained decisions; in a notebook they show themselves.

    Parameters
    ----------
    record : DecisionRecord
        Everything that was found.
    """

    record: DecisionRecord

    def __repr__(self) -> str:
        return "\n".join(self.words)

    @property
    def words(self) -> tuple[str, ...]:
        """One text a decision: what was decided, and mainly why."""
        from .reports.view_decision import decision_words  # noqa: PLC0415 - messages load only when read

        return decision_words(self.record)

    def to_html(self, path: str | Path | None = None) -> str:
        """Render the page; with a path, write it there too.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        from .reports.decision import render_decisions  # noqa: PLC0415 - charts load only for a page

        page = render_decisions(self.record)
        if path is not None:
            write_atomically(path, page)
        return page

    def to_json(self, path: str | Path | None = None) -> str:
        """Write the record as JSON text, with the words; with a path, into that file too."""
        text = self.record.to_json(self.words)
        if path is not None:
            write_atomically(path, text)
        return text

    def write(self, folder: str | Path) -> list[Path]:
        """Write ``explanation.html`` and ``explanation.json`` into a folder; return the files.

        Raises
        ------
        OutputError
            The folder cannot be written.
        """
        target = writable_folder(folder)
        contents = {"explanation.html": self.to_html(), "explanation.json": self.to_json()}
        return [write_atomically(target / name, text) for name, text in contents.items()]

    def _repr_html_(self) -> str:
        from .reports.decision import render_decision_fragment  # noqa: PLC0415 - templates load only here

        return render_decision_fragment(self.record)
