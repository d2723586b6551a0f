from nasray.reports.arm import group_arms
from nasray.reports.headline import reached, tiles
from nasray.reports.run_view import RunView
from nasray.reports.verdict import p_value, verdict


def arms_of(*runs):
    return group_arms([RunView.read(run) for run in runs])


def said(*runs) -> str:
    arms = arms_of(*runs)
    return verdict(arms, arms[0].runs[0].metric).replace("\u00a0", " ")


def test(best, *controls):
    return {"test": {"best": best, "controls": list(controls), "control_valid": [90.0] * len(controls)}}


test.__test__ = False


def test_one_control_is_an_anecdote(make_run):
    text = said(make_run(result=test(94.0, 92.5)))
    assert text == (
        "On TEST the best cell has 94.00 %, 1.50 points above the one random cell beside it: an anecdote, not evidence."
    )


def test_no_control_leaves_it_open(make_run):
    assert "no random cell was measured beside it" in said(make_run(result=test(94.0)))


def test_some_controls_may_be_better(make_run):
    # 93 and 95 are at least as good: (2 + 1) / (4 + 1).
    text = said(make_run(result=test(93.0, 91.0, 93.0, 95.0, 92.0)))
    assert "0.25 points above the mean of 4 random cells" in text
    assert "It beats 2 of them; a cell picked at random does as well with probability 0.6." in text


def test_all_controls_may_be_better(make_run):
    text = said(make_run(result=test(90.0, 91.0, 93.0)))
    assert "2.00 points below" in text
    assert "It beats none of them; a cell picked at random does as well with probability 1." in text


def test_equal_is_equal(make_run):
    assert "equal to the mean" in said(make_run(result=test(92.0, 91.0, 93.0)))


def test_seeds_without_test(make_run):
    runs = [make_run(f"run{seed}", seed=seed, result={"test": None}) for seed in range(2)]
    # Slot 33 of seed 0 has 90 + 1.65 - 0, slot 39 of seed 1 has 90 + 1.95 - 0.25.
    assert "Over 2 seeds the best cells have 91.68 % on VALID on average; TEST was not fetched." in said(*runs)


def test_seeds_without_controls(make_run):
    runs = [make_run(f"run{seed}", seed=seed, result=test(94.0)) for seed in range(2)]
    assert said(*runs).endswith("on VALID on average; no random cell was measured beside them.")


def test_a_test_that_failed_is_told(make_run):
    text = said(make_run(result={"test": None, "test_failure": "DataError: no row"}))
    assert "TEST could not be measured (DataError: no row), so whether it beats random cells is open." in text


def test_seeds_of_which_nothing_was_measured(make_run):
    failed = tuple(range(40))
    runs = [make_run(f"run{seed}", seed=seed, failed=failed, result={"test": None}) for seed in range(2)]
    assert said(*runs) == "Over 2 seeds the best cells have nothing on average; TEST was not fetched."


def test_arms_without_test_cannot_be_compared(make_run):
    runs = [make_run(f"w{width}", config={"width": width}, result={"test": None}) for width in (4, 8)]
    assert "cannot be compared yet" in said(*runs)


def test_arms_without_a_shared_seed(make_run):
    runs = [make_run(f"w{width}", seed=width, config={"width": width}, result=test(90.0 + width)) for width in (4, 8)]
    assert said(*runs) == (
        "width=8 is ahead with 98.00 % on TEST on average, 4.00 points above width=4 (no seed is shared)."
    )


def test_one_shared_seed_tells_no_noise(make_run):
    runs = [make_run(f"w{width}", config={"width": width}, result=test(90.0 + width)) for width in (4, 8)]
    assert "on 1 shared seed: one seed, so its noise is unknown" in said(*runs)


def test_small_p_values_are_bounded():
    assert p_value(0.0625).replace("\u00a0", " ") == "p = 0.062"
    assert p_value(0.0001).replace("\u00a0", " ") == "p < 0.001"


def test_runs_that_never_arrive_are_counted(make_run):
    # The threshold is 93; the best values are 91.65 and 91.70.
    never = arms_of(make_run("a"), make_run("b", seed=1))[0]
    assert reached(never) == reached(arms_of(make_run("a0"))[0]) == "not within 40"
    between = {"result": {"optimum": {"valid": 99.0, "top_share_threshold": 91.68}}}
    half = arms_of(make_run("e", **between), make_run("f", seed=1, **between))[0]
    assert reached(half).replace("\u00a0", " ") == "more than 40 (50.0 % never)"
    at_once = {"optimum": {"valid": 99.0, "top_share_threshold": 80.0}}
    assert reached(arms_of(make_run("c", result=at_once))[0]) == "1"
    assert reached(arms_of(make_run("d", result={"optimum": None}))[0]) == "\u2013"


def test_the_tile_says_how_far_the_optimum_is(make_run):
    view = RunView.read(make_run())
    tile = tiles(arms_of(make_run("again"))[0], view.metric)[0]
    assert view.best is not None
    assert f"{99 - view.best:.2f}" in tile.note
    best = {"optimum": {"valid": view.best, "top_share_threshold": None}}
    assert "the best there is" in tiles(arms_of(make_run("best", result=best))[0], view.metric)[0].note
