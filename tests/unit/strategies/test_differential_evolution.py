import numpy as np

from nasray.core.architecture import Architecture
from nasray.strategies.differential_evolution import DifferentialEvolution
from nasray.strategies.score_book import ScoreBook


class Peak:
    """Scores by the distance to 40 on each of two axes, and remembers what it was asked."""

    higher_is_better = True

    def __init__(self):
        self.batches = []

    def predict(self, architectures):
        self.batches.append(architectures)
        return np.array([-sum(abs(gene - 40) for gene in one.genes) for one in architectures], float)

    def predict_graphs(self, graphs):
        raise AssertionError("evolution scores architectures")


class Everything:
    """A space in which nothing needs repair."""

    def repair(self, architecture, rng):
        assert all(0 <= gene < 64 for gene in architecture.genes)
        return architecture


def evolve(seeds=(), seed=0, **settings):
    usual = {"population_size": 20, "scale": 0.5, "crossover_rate": 0.5, "generations": 40}
    peak = Peak()
    book = ScoreBook(peak)
    found = DifferentialEvolution(**(usual | settings)).run(
        Everything(), (64, 64), seeds, book, np.random.default_rng(seed)
    )
    return found, book, peak


def test_it_finds_the_peak():
    found, book, _ = evolve()
    assert found == Architecture((40, 40))
    assert book.asked == 20 * 41


def test_no_architecture_is_scored_twice():
    _, book, peak = evolve()
    scored = [one for batch in peak.batches for one in batch]
    assert len(scored) == len(set(scored)) == len(book.scores)


def test_seeds_begin_in_the_population_and_are_not_lost():
    found, book, peak = evolve([Architecture((40, 40))], generations=0)
    assert found == Architecture((40, 40))
    assert peak.batches[0][0] == Architecture((40, 40))
    assert book.asked == 20


def test_a_generation_never_gets_worse():
    bests = [evolve(generations=n)[1].scores[evolve(generations=n)[0]] for n in (0, 2, 5, 10)]
    assert bests == sorted(bests)


def test_without_crossover_a_trial_differs_in_one_gene():
    """CR = 0: the coordinate that is always taken, which may decode to the same gene."""
    _, _, peak = evolve(crossover_rate=0.0, generations=1)
    parents = {one.genes for one in peak.batches[0]}
    for trial in peak.batches[1]:
        assert min(sum(a != b for a, b in zip(trial.genes, parent, strict=True)) for parent in parents) == 1


def test_the_best_come_first():
    _, book, _ = evolve()
    scores = [score for _, score in book.best(10)]
    assert scores == sorted(scores, reverse=True)
