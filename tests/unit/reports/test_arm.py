from nasray.reports.arm import flatten, group_arms, title_of
from nasray.reports.run_view import RunView


def views(*runs):
    return [RunView.read(run) for run in runs]


def test_seeds_and_places_do_not_make_an_arm(make_run):
    arms = group_arms(views(*(make_run(f"run{seed}", seed=seed) for seed in (2, 0, 1))))
    assert [[run.seed for run in arm.runs] for arm in arms] == [[0, 1, 2]]


def test_a_nested_seed_is_a_seed():
    assert flatten({"seed": 1, "part": {"seed": 2, "size": 3}}) == {"part.size": 3}


def test_places_names_and_machines_are_left_aside():
    assert flatten({"paths": {"runs": "x"}, "tracking": {"mode": "none"}, "ray": {"num_cpus": 2}, "name": "x"}) == {}


def test_arms_are_called_after_the_part_that_differs(make_run):
    other = {"strategy": {"_target_": "nasray.strategies.random_search.RandomSearch"}}
    arms = group_arms(views(make_run("a"), make_run("b", config=other)))
    assert [arm.label for arm in arms] == ["RegularizedEvolution", "RandomSearch"]


def test_arms_of_one_part_are_called_after_the_settings_that_differ(make_run):
    runs = [make_run(f"width{width}", config={"width": width, "same": 1}) for width in (4, 64)]
    assert [arm.label for arm in group_arms(views(*runs))] == ["width=4", "width=64"]


def test_part_and_settings_name_an_arm_together(make_run):
    other = {"strategy": {"_target_": "nasray.strategies.random_search.RandomSearch"}}
    runs = [make_run(f"w{width}", config={"width": width}) for width in (4, 64)]
    arms = group_arms(views(*runs, make_run("r", config={**other, "width": 4})))
    assert [arm.label for arm in arms] == [
        "RegularizedEvolution (width=4)",
        "RegularizedEvolution (width=64)",
        "RandomSearch",
    ]


def test_the_same_seed_again_is_a_repeat(make_run):
    (arm,) = group_arms(views(make_run("first"), make_run("second")))
    assert [run.run_id for run in arm.runs] == ["first"]
    assert [run.run_id for run in arm.repeats] == ["second"]


def test_the_best_of_an_arm_come_from_all_its_runs(make_run):
    (arm,) = group_arms(views(make_run("a"), make_run("b", seed=1)))
    everything = sorted((cell.value for run in arm.runs for cell in run.top), reverse=True)
    assert [cell.value for cell in arm.top] == everything[:5]
    assert {cell.seed for cell in arm.top} == {0, 1}


def test_a_title_needs_no_parts():
    assert title_of({}) == "Architecture search"
    assert title_of({"strategy": None, "space": {"_target_": "a.b.Space"}}) == "Space"
