"""What a report says of principles, from what results hold."""

from types import SimpleNamespace
from typing import Any

from nasray.reports.principles_section import principles_section

OPENING = [["system", "role"], ["user", "learn"], ["assistant", "first"]]
LAYERS = [{"name": "edge 0 -> 1", "operators": ["none", "skip", "conv"], "sources": []}]


def stage(**changes: Any) -> dict[str, Any]:
    principles = {"text": "Convolve.", "operators": [[2, 1]], **changes.pop("principles", {})}
    return {"slot": 0, "improved": None, "size": 2, "principles": principles, **changes}


def arm(*results: Any) -> Any:
    return SimpleNamespace(
        label="an arm", runs=[SimpleNamespace(result=one, seed=at) for at, one in enumerate(results)]
    )


def of(*stages: Any, **facts: Any) -> Any:
    return arm(None, {"principles": {"layers": LAYERS, "whole_size": 3, "stages": list(stages), **facts}})


def test_what_was_kept_and_what_was_removed():
    (run,) = principles_section([of(stage(optimum_kept=False, top_kept=1, top=4), evaluations_to_top=7)])
    assert run.label == "an arm, seed 1"
    assert run.reached == "reached with evaluation 7"
    (found,) = run.stages
    assert found.title == "From evaluation 1: learnt from the source"
    assert [(row.name, row.kept, row.removed) for row in found.rows] == [("edge 0 -> 1", ("conv", "skip"), ("none",))]
    assert [len(drawing.boxes) for drawing in found.drawings] == [3]  # the edge, input and output
    assert found.facts == (
        "2\N{NO-BREAK SPACE}architectures of 3 remained.",
        "The best of all was removed.",
        "1 of the 4 in the top 0.1 % were kept.",
    )


def test_a_dialogue_is_shown_as_far_as_it_is_new():
    first = stage(principles={"dialogue": OPENING})
    more = stage(slot=9, improved=False, principles={"dialogue": [*OPENING, ["user", "again"], ["assistant", "b"]]})
    (run,) = principles_section([of(first, more, evaluations_to_top=None)])
    assert [len(one.dialogue) for one in run.stages] == [3, 2]
    assert run.stages[1].dialogue[0] == ("user", "again")
    assert run.stages[1].title == "From evaluation 10: adapted, since nothing better was found"
    assert run.reached == "not reached"


def test_repairs_and_refusals_are_shown():
    (run,) = principles_section([of(stage(refused="leave 1 of the members", principles={"repairs": ["cut"]}))])
    assert run.stages[0].problems == ("cut",)
    assert run.stages[0].refused == "leave 1 of the members"
    assert run.stages[0].drawings == ()
    assert run.reached == ""


def test_unknown_ids_of_refused_principles_have_no_name():
    (run,) = principles_section([of(stage(size=None, principles={"operators": [[2, 9]]}))])
    assert run.stages[0].rows[0].kept == ("conv",)
    assert run.stages[0].facts == ()


def test_sources_have_rows_of_their_own():
    layers = [{"name": "node 2", "operators": ["conv"], "sources": ["node 0", "node 1"]}]
    facts = {"layers": layers, "whole_size": None, "stages": [stage(principles={"operators": [[0]], "sources": [[1]]})]}
    (run,) = principles_section([arm({"principles": facts})])
    assert run.stages[0].rows[1].name == "node 2 reads"
    assert run.stages[0].rows[1].removed == ("node 0",)


def test_runs_without_principles_have_no_section():
    assert principles_section([arm(None, {}, {"principles": None})]) == []
