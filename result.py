"""What an audit gives back: figures as data frames, pages, verdicts, and the record behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np

from .audit.files import writable_folder, write_atomically
from .audit.gate import exit_code, judge, worst_state
from .audit.limit_figures import group_name
from .audit.measure import tables_of
from .audit.people import designs_of
from .audit.policy import Limit, Policy, PolicyFile, load_policy, unknown_metrics
from .audit.record import Record, State, read_record
from .audit.settings import FORMATS, Settings
from .audit.toml_reader import build
from .errors import InputError, OutputError, Problem, SettingsError, did_you_mean
from .metrics.catalogue import CATALOGUE
from .metrics.cube import MEASURES, Cube
from .metrics.cube_io import cube_from_dict
from .metrics.results import Disparity

NO_COUNTS = Cube((), np.zeros((0, 0), dtype=np.int32), np.zeros((0, len(MEASURES))))
"""The cube of a public record, which carries none."""


@dataclass(frozen=True, repr=False)
class Result:
    """An audit's result; in a notebook it shows itself.

    Parameters
    ----------
    record : Record
        Everything that was found.
    cube : Cube
        The counts behind it.
    settings : Settings or None
        None for a result that was read from a record file.
    """

    record: Record
    cube: Cube
    settings: Settings | None = None
    backend: Any = "pandas"

    @classmethod
    def read(cls, path: str | Path) -> Result:
        """Read a result from a record file; every figure can be computed again without the data.

        Raises
        ------
        RecordError
            The file is not a record that this release reads.
        """
        record = read_record(path)
        return cls(record, NO_COUNTS if record.public else cube_from_dict(record.cube))

    def __repr__(self) -> str:
        found = self.record
        names = ", ".join(grouping.name for grouping in found.groupings)
        judged = f"verdict {found.verdict}" if found.verdict else "not judged"
        return f"<Result {found.title!r}: {found.overall.rows:,} rows, by {names}; {judged}>"

    def like(self, frame: Any) -> Result:
        """Give tables in the kind of this frame: pandas, polars or pyarrow."""
        wrapped = nw.from_native(frame, allow_series=True, pass_through=True)
        if (
            isinstance(wrapped, nw.DataFrame | nw.LazyFrame | nw.Series)
            and not wrapped.implementation.is_duckdb()
        ):
            return replace(self, backend=str(wrapped.implementation.value))
        return self

    @property
    def by_group(self) -> Any:
        """One row a group of every grouping: sizes and rates; a data frame of the caller's kind.

        Examples
        --------
        >>> from evenhand import audit_predictions
        >>> result = audit_predictions([0, 1, 1, 0], [0, 1, 0, 0], sensitive_features={"sex": list("FMFM")})
        >>> result.by_group[["grouping", "group", "rows", "selection_rate"]].values.tolist()
        [['sex', 'F', 2, 0.0], ['sex', 'M', 2, 0.5]]
        """
        rows = []
        for grouping in self.record.groupings:
            for group in grouping.groups:
                row: dict[str, Any] = {"grouping": grouping.name, "group": group.name}
                row |= {"rows": group.rows, "share": group.share, "effective": group.effective}
                for name, estimate in group.rates.items():
                    row[name] = estimate.value
                    row[f"{name}_low"] = float("nan") if estimate.interval is None else estimate.interval.low
                    row[f"{name}_high"] = (
                        float("nan") if estimate.interval is None else estimate.interval.high
                    )
                rows.append(row)
        return self.frame(rows)

    @property
    def disparities(self) -> Any:
        """One row a disparity of every grouping, with interval and p-value; a frame of the caller's kind."""
        rows = []
        for grouping in self.record.groupings:
            for d in grouping.disparities:
                row: dict[str, Any] = {
                    "grouping": grouping.name,
                    "metric": d.metric,
                    "comparison": d.comparison,
                }
                row |= {
                    "against": d.against,
                    "group": _name(d.group),
                    "reference": _name(d.reference),
                    "value": d.value,
                }
                row |= {
                    "low": float("nan") if d.interval is None else d.interval.low,
                    "high": float("nan") if d.interval is None else d.interval.high,
                    "p_value": d.p_value,
                    "method": "" if d.interval is None else d.interval.method,
                    "reason": "" if d.reason is None else str(d.reason),
                }
                rows.append(row)
        return self.frame(rows)

    def frame(self, rows: Sequence[dict[str, Any]]) -> Any:
        """Make a data frame of the caller's kind, one row a mapping."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = {name: [row.get(name) for row in rows] for name in names}
        return nw.from_dict(columns, backend=self.backend).to_native()

    def disparity(self, metric: str, grouping: str) -> Disparity:
        """Give the worst of all pairs of a comparison of the catalogue.

        Raises
        ------
        InputError
            The audit has no such grouping or figure.
        """
        names = {item.name: item for item in self.record.groupings}
        if grouping not in names:
            raise InputError.of(
                "unknown_grouping", "grouping", f"there is no {grouping!r}; {did_you_mean(grouping, names)}"
            )
        found = {
            d.metric: d
            for d in names[grouping].disparities
            if d.against == "all_pairs" and d.metric in CATALOGUE
        }
        if metric not in found:
            raise InputError.of(
                "unknown_metric", "metric", f"there is no {metric!r}; {did_you_mean(metric, found)}"
            )
        return found[metric]

    @property
    def verdict(self) -> State | None:
        """The verdict over all limits: pass, fail, inconclusive or undefined; None without a policy."""
        return self.record.verdict

    @property
    def exit_code(self) -> int:
        """The exit code that the command line ends with."""
        return exit_code(self.record.verdict)

    def gate(self, policy: str | Path | Policy | Sequence[Limit | dict[str, Any]]) -> Result:
        """Judge this audit by a policy (a file, or limits); the result has ``verdict`` and ``exit_code``.

        Raises
        ------
        InputError
            The policy breaks a rule, or names a metric or attribute that the audit does not have; or the
            record is a public one, whose counts are not there to be judged.
        """
        if self.record.public:
            message = (
                "a policy is judged on counts, and a public record has none; judge the audit's own record"
            )
            raise InputError.of("public_record", "record", message)
        chosen = _policy(policy)
        groupings = tuple(grouping.attributes for grouping in self.record.groupings)
        tables = tables_of(self.cube, groupings, designs_of(self.record))
        verdicts = judge(
            chosen.limits, tables, min_group_size=self.record.min_group_size, seed=self.record.seed
        )
        changed = {
            "verdicts": verdicts,
            "verdict": worst_state(verdicts),
            "policy_name": chosen.name,
            "policy_sha256": chosen.sha256,
        }
        return replace(self, record=self.record.model_copy(update=changed))

    def to_html(self, path: str | Path | None = None) -> str:
        """Render the report; with a path, write it there too.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        from .reports.html import render_report  # noqa: PLC0415 - charts load only when a page is made

        page = render_report(self.record)
        if path is not None:
            write_atomically(path, page)
        return page

    def to_datasheet(self, path: str | Path | None = None) -> str:
        """Render the datasheet; with a path, write it there too.

        Raises
        ------
        InputError
            The audit was made of arrays, not of a table.
        """
        from .reports.datasheet import datasheet_of  # noqa: PLC0415 - templates load only when a page is made

        page = datasheet_of(self.record)
        if path is not None:
            write_atomically(path, page)
        return page

    def to_json(self, path: str | Path | None = None) -> str:
        """Write the record as JSON text; with a path, into that file too."""
        text = self.record.to_json()
        if path is not None:
            write_atomically(path, text)
        return text

    def write(self, folder: str | Path | None = None, formats: Sequence[str] | None = None) -> list[Path]:
        """Write the pages and the record into a folder; return the files.

        Parameters
        ----------
        folder : str or Path, optional
            The settings' ``out`` by default.
        formats : sequence of {"html", "json", "md", "csv", "parquet", "junit", "sarif", "pdf"}, optional
            The settings' ``format`` by default.

        Raises
        ------
        OutputError
            The folder cannot be written.
        """
        place = folder if folder is not None else (self.settings.resolve("out") if self.settings else None)
        if place is None:
            raise OutputError.of("no_folder", "folder", "a folder to write into is needed, got none")
        from .reports.outputs import render_files  # noqa: PLC0415 - charts load only when a page is made

        unknown = [name for name in formats or () if name not in FORMATS]
        if unknown:
            raise InputError(
                Problem("unknown_format", "format", f"no format is called {name!r}; {hint}")
                for name in unknown
                for hint in [did_you_mean(name, FORMATS)]
            )
        wanted = formats if formats is not None else (self.settings or Settings()).format
        target = writable_folder(place)
        # Everything is rendered before anything is written, so that a failure leaves no half of a result.
        contents = render_files(self.record, tuple(wanted))
        return [write_atomically(target / name, text) for name, text in contents.items()]

    def _repr_html_(self) -> str:
        from .reports.html import render_fragment  # noqa: PLC0415 - templates load only when a page is made

        return render_fragment(self.record)


def _name(group: Any) -> str:
    return "" if group is None else group_name(group)


def _policy(policy: str | Path | Policy | Sequence[Limit | dict[str, Any]]) -> Policy:
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, str | Path):
        return load_policy(policy, CATALOGUE)
    content = build(PolicyFile, {"limit": tuple(policy)})
    unknown = unknown_metrics(content.limit, CATALOGUE)
    if unknown:
        raise SettingsError(unknown)
    return Policy.of(content.limit, "given limits")
