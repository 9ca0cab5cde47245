"""What an audit says about itself: parts that it leaves out, small groups, rows seen twice."""

from __future__ import annotations

from ..metrics.cube import Cube
from ..mitigation.overlap import overlapping_rows
from .mitigating import Rows
from .model import Model
from .record import Absent, GroupingFacts, Note
from .settings import Settings


def model_notes(model: Model | None) -> tuple[Note, ...]:
    """Give what a model's loading had to say."""
    return () if model is None else tuple(Note(code="model", text=text) for text in model.notes)


def ready_already(s: Settings, *, frontier: bool) -> list[Absent]:
    """List what is not made of a model that a search chose before: such a model is not trained again."""
    why = "a search chose this model already, and it is not trained again; search from the model before it"
    parts = [*(["mitigation"] if s.mitigate else []), *(["frontier"] if frontier else [])]
    return [Absent(part=part, reason=why) for part in parts]


def not_made(s: Settings, *, model: bool, train: bool) -> list[Absent]:
    """List the parts that an audit leaves out from the start, with the reason.

    Parameters
    ----------
    s : Settings
    model, train : bool
        Whether a model, and training rows, were given.
    """
    found = []
    if not model:
        why = "an explanation asks the model for the scores of other rows, and no model was given"
        found.append(Absent(part="explanation", reason=why))
        why = "retraining needs a model and its training rows, and no model was given"
        found.append(Absent(part="mitigation", reason=why))
        return [*found, *_no_frontier(s, why)]
    if not s.whole:
        found.append(Absent(part="the model as a whole", reason="the settings switch it off"))
    if not s.explain:
        found.append(Absent(part="explanation", reason="the settings switch it off"))
    if s.explain_labels and not train:
        why = "it trains a model on the training rows, and none were given (train or split in the settings)"
        found.append(Absent(part="check of the labels", reason=why))
    why = "retraining needs training rows, and none were given (train or split in the settings)"
    if not s.mitigate:
        found.append(Absent(part="mitigation", reason="the settings switch it off"))
    elif not train:
        found.append(Absent(part="mitigation", reason=why))
    if not train:
        found += _no_frontier(s, why)
    return found


def _no_frontier(s: Settings, why: str) -> list[Absent]:
    return [] if s.frontier is None else [Absent(part="frontier", reason=why)]


def overlap_notes(train: Rows, test: Rows) -> tuple[Note, ...]:
    """Say how many test rows are training rows too."""
    label = "the label"
    found = overlapping_rows(
        train.frame.assign(**{label: train.target.to_numpy()}),
        test.frame.assign(**{label: test.target.to_numpy()}),
    )
    if found.count == 0:
        return ()
    text = (
        f"{found.count:,} of {found.test_rows:,} test rows ({found.share:.1%}) equal a training row"
        " in every column that the model reads and in the label; there the model may look better than it is."
    )
    return (Note(code="overlap", text=text),)


def count_notes(
    cube: Cube, kept: Cube, groupings: tuple[GroupingFacts, ...], settings: Settings
) -> list[Note]:
    """Say which groups are small or missing, and whether the record's counts are without scores."""
    notes = []
    for grouping in groupings:
        small = [g.name for g in grouping.groups if g.below_minimum and not g.missing]
        if small:
            shown = ", ".join(small[:8]) + (f" and {len(small) - 8} more" if len(small) > 8 else "")
            text = (
                f"By {grouping.name}, groups with fewer than {settings.min_group_size} rows are shown but"
                f" left out of worst-of-several figures: {shown}."
            )
            notes.append(Note(code="small_groups", text=text))
        for g in grouping.groups:
            if g.missing:
                held = f"{g.rows:,} rows have a missing value ({g.name})"
                text = f"By {grouping.name}, {held}: shown, not compared."
                notes.append(Note(code="missing_group", text=text))
    if kept is not cube:
        cells = f"{len(cube.codes):,} cells"
        text = f"The record's counts are without scores, because with them they would fill {cells}."
        notes.append(Note(code="coarse_cube", text=text))
    return notes
