from nasray.spaces.paths import edges_on_paths


def test_only_edges_between_input_and_output_stay():
    edges = [(0, 1), (1, 4), (2, 4), (0, 3), (1, 3)]  # nothing enters 2, nothing leaves 3
    assert edges_on_paths(edges, 4) == [(0, 1), (1, 4)]


def test_without_a_path_nothing_stays():
    assert edges_on_paths([(0, 1), (2, 3)], 3) == []
    assert edges_on_paths([], 1) == []


def test_the_order_given_is_kept():
    assert edges_on_paths([(1, 2), (0, 1)], 2) == [(1, 2), (0, 1)]
