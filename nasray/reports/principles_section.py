"""What a report shows of design principles: in words, what they kept and removed, and the dialogue they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from nasray.reports.arm import Arm
from nasray.reports.metric import count, plural
from nasray.reports.refined_drawing import RefinedDrawing, draw_refined


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer: its name, and what it kept and lost.

    Attributes:
        name: Of the layer.
        kept: Names of what remains.
        removed: Names of the rest.
    """

    name: str
    kept: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrinciplesStage:
    """Principles that were in force from one evaluation on.

    Attributes:
        title: Since when, and why.
        text: The principles in words.
        facts: How much they left, and whether the best survived, one sentence each.
        problems: What was put right in replies, one sentence each.
        refused: Why the principles could not be kept to; empty where they could.
        drawings: The cells with all candidates; none where the principles could not be kept to.
        rows: Layer by layer; what layers read comes after what they apply.
        dialogue: Who said what since the stage before.
    """

    title: str
    text: str
    facts: tuple[str, ...]
    problems: tuple[str, ...]
    refused: str
    drawings: tuple[RefinedDrawing, ...]
    rows: tuple[LayerRow, ...]
    dialogue: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PrinciplesRun:
    """The principles of one run.

    Attributes:
        label: Configuration and seed; of each configuration the first run is shown.
        reached: Evaluations to the top 0.1 %, in words; empty where that is not known.
        stages: First to last.
    """

    label: str
    reached: str
    stages: tuple[PrinciplesStage, ...]


def principles_section(arms: Sequence[Arm]) -> list[PrinciplesRun]:
    """The first run of each configuration that had principles; none where none has ended."""
    found: list[PrinciplesRun] = []
    for arm in arms:
        runs = [(run, (run.result or {}).get("principles")) for run in arm.runs]
        shown = next(((run, facts) for run, facts in runs if facts), None)
        if shown:
            run, facts = shown
            found.append(PrinciplesRun(f"{arm.label}, seed {run.seed}", _reached(facts), _stages(facts)))
    return found


def _reached(facts: Mapping[str, Any]) -> str:
    if "evaluations_to_top" not in facts:
        return ""
    n = facts["evaluations_to_top"]
    return f"reached with evaluation {count(n)}" if n else "not reached"


def _stages(facts: Mapping[str, Any]) -> tuple[PrinciplesStage, ...]:
    stages: list[PrinciplesStage] = []
    before: Sequence[Any] = ()
    for stage in facts["stages"]:
        principles = stage["principles"]
        dialogue = principles.get("dialogue", ())
        refused = stage.get("refused", "")
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, dialogue, strict=False)))
        stages.append(
            PrinciplesStage(
                title=_title(stage),
                text=principles["text"],
                facts=_facts(stage, facts["whole_size"]),
                problems=tuple(principles.get("repairs", ())),
                refused=refused,
                drawings=() if refused else draw_refined(principles, facts["layers"]),
                rows=_rows(principles, facts["layers"]),
                dialogue=tuple((role, said) for role, said in dialogue[common:]),
            )
        )
        before = dialogue
    return tuple(stages)


def _title(stage: Mapping[str, Any]) -> str:
    since = f"From evaluation {count(stage['slot'] + 1)}"
    if stage["improved"] is None:
        return f"{since}: learnt from the source"
    return f"{since}: adapted, since {'better cells were' if stage['improved'] else 'nothing better was'} found"


def _facts(stage: Mapping[str, Any], whole: int | None) -> tuple[str, ...]:
    said: list[str] = []
    if stage.get("size") is not None:
        of = f" of {count(whole)}" if whole else ""
        said.append(f"{plural(stage['size'], 'architecture')}{of} remained.")
    if "optimum_kept" in stage:
        said.append(f"The best of all was {'kept' if stage['optimum_kept'] else 'removed'}.")
        said.append(f"{count(stage['top_kept'])} of the {count(stage['top'])} in the top 0.1 % were kept.")
    return tuple(said)


def _rows(principles: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> tuple[LayerRow, ...]:
    """Principles of other layers than the space's, which were refused, have no rows."""
    rows: list[LayerRow] = []
    for kind, end in (("operators", ""), ("sources", " reads")):
        for layer, ids in zip(layers, principles.get(kind, ()), strict=False):
            names = layer[kind]
            kept = tuple(names[one] for one in ids if one < len(names))
            rows.append(LayerRow(layer["name"] + end, kept, tuple(name for name in names if name not in kept)))
    return tuple(rows)
