"""What a search prints when it is over."""

from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any


def print_summary(folder: Path, result: Mapping[str, Any]) -> None:
    """The winner, beside random controls, its cost, and where everything is."""
    best, test, controls = result["best"], result["test"], None
    if best is None:
        print(f"no candidate could be measured ({result['failures']} failures); see {folder}")
        return
    print(f"\nbest cell   {best['text']}  (slot {best['slot']})")
    if test and test["controls"]:
        controls = test["control_valid"], test["controls"]
    print(f"VALID       {best['value']:.2f}" + (_beside(controls[0]) if controls else ""))
    if test:
        print(f"TEST        {test['best']:.2f}" + (_beside(controls[1]) if controls else ""))
    optimum = result.get("optimum")
    if optimum:
        print(f"optimum     {optimum['valid']:.2f} VALID, regret {optimum['valid'] - best['value']:.2f}")
    seconds, cost = result["wall_seconds"], result["cost"]["wall_seconds"]
    n = result["evaluations"]
    print(f"cost        {n} candidates in {seconds:.1f} s ({n / max(seconds, 1e-9):,.1f}/s), {cost:.1f} worker-seconds")
    if result["failures"]:
        print(f"failures    {result['failures']}; their tracebacks are in the report")
    print(f"archive     {result['archive'][:12]}")
    print(f"report      {folder / 'report.html'}")


def _beside(values: list[float]) -> str:
    if len(values) == 1:
        return f"   a random cell: {values[0]:.2f}"
    return f"   {len(values)} random cells: {mean(values):.2f} on average, {min(values):.2f} to {max(values):.2f}"
