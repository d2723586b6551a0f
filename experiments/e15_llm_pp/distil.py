"""LLM-Distill-PP: a small network learns what a language model said of a random pool, and is judged on the same 20.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e15_llm_pp/distil.py NAME``, after ``ask.py NAME … --pool N``. Asks
no model: the labels are those of ``results/NAME_pool.csv``. Writes ``results/NAME_STUDENT.csv`` for two students, the
good recipe and the paper's, on the paper's ten features; and ``results/ols_STUDENT.csv``, which learn as many labels
that least squares on log(decoder layers) gave, from the same demonstrations: what distillation alone costs.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from analyse import rows_of
from ask import RESULTS, Answers, composed, divided
from numpy.typing import NDArray

from nasray.app.catalogs import default_catalog, space_named
from nasray.app.parts import build
from nasray.core.architecture import Architecture
from nasray.core.predictor import Predictor
from nasray.predictors.distilled import Distilled
from nasray.spaces.hat import Hat

STUDENTS = ("distilled", "distilled_paper")


@dataclass
class Labels:
    """A teacher that says what a language model once said.

    Args:
        name: Of the language model.
        values: What it said of each architecture.
    """

    name: str
    values: Mapping[Architecture, float]
    higher_is_better: bool = True

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        return np.array([self.values[one] for one in architectures])


def student_of(teacher: Predictor, recipe: str, size: int, space: Hat) -> Distilled:
    """Seed 0 for both: the pool that was labelled."""
    words = [f"predictor={recipe}", "predictor.features=averaged", f"predictor.pool_size={size}", "predictor.seed=0"]
    return build(composed(words)["predictor"] | {"teacher": teacher}, space=space)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    name = parser.parse_args().name
    space = space_named("hat")
    assert isinstance(space, Hat)
    table = default_catalog().open("hat_mt", space)
    of_model, of_ols = Answers(name), Answers("ols")
    for (task, split), rows in rows_of(RESULTS / f"{name}_pool.csv").items():
        shown, bleu, asked = divided(table, space, task, split)
        labels = Labels(name, {space.from_text(text): value for text, value in rows})
        line = build(composed(["predictor=ols", "predictor.features=depth"])["predictor"], space=space)
        for recipe in STUDENTS:
            for teacher, answers in ((labels, of_model), (line, of_ols)):
                student = student_of(teacher, recipe, len(rows), space)
                student.fit(shown, bleu)
                answers.write(f"_{recipe}", (task, split), space, asked, student.predict(asked).tolist())
                print(task, split, student.name, recipe, flush=True)


if __name__ == "__main__":
    main()
