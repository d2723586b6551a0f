"""The process that talks to W&B for one search: standard library and wandb only, nothing of nasray.

Run as a script by ``wandb_sink``. It reads one JSON message a line, answers with JSON lines, and treats the end of its
input as a crash of the search. A process of its own because wandb, in the search's process, replaces ``sys.exit``, sets
``WANDB_SERVICE`` for every worker that is started later, takes a second to import, and waits for its uploads when the
interpreter exits: 15 to 20 seconds against a service that answers 429 or nothing (measured with wandb 0.31).
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

Reply = Callable[[dict[str, Any]], None]


def serve(requests: Iterable[str], reply: Reply, open_run: Callable[[dict[str, Any]], Any]) -> None:
    """Carry out ``requests`` until ``finish`` or their end.

    Args:
        requests: JSON lines: first the arguments of ``open_run``, then ``{"op": "log", "row", "step"}`` any number of
            times, then ``{"op": "finish", "summary", "table", "report", "step"}``. Without the last the run is a crash.
        reply: Takes ``{"ready": folder}``, ``{"done": uploaded}`` or ``{"error": text}``.
        open_run: Opens the W&B run.
    """
    lines = iter(requests)
    run = None
    try:
        run = open_run(json.loads(next(lines)))
        reply({"ready": str(run.settings.sync_dir)})
        answer = follow(run, lines)
    except Exception as error:  # noqa: BLE001 - the boundary to wandb: whatever it raises is told to the search
        answer = {"error": f"{type(error).__name__}: {error}"}
    if run is not None and "done" not in answer:
        with contextlib.suppress(Exception):  # what was logged before must reach the disk, and the first error counts
            run.finish(exit_code=1)
    reply(answer)


def follow(run: Any, lines: Iterable[str]) -> dict[str, Any]:
    """Log row after row until the search ends, and answer how that went."""
    for line in lines:
        message = json.loads(line)
        if message["op"] == "finish":
            return {"done": end_run(run, message)}
        run.log(message["row"], step=message["step"])
    return {"error": "the search ended without a word"}


def end_run(run: Any, message: dict[str, Any]) -> bool:
    """Write summary, table and report, and finish; whether W&B has everything (in offline mode: the disk)."""
    import wandb

    run.summary.update(message["summary"])
    table = message["table"]
    run.log({"architectures": wandb.Table(columns=table["columns"], data=table["rows"])}, step=message["step"])
    if message["report"]:
        artifact = wandb.Artifact(f"report-{run.id}", type="report")
        artifact.add_file(message["report"], policy="immutable", skip_cache=True)
        run.log_artifact(artifact)
    try:
        run.finish()
    except TimeoutError:
        return False
    return True


def open_wandb_run(request: dict[str, Any]) -> Any:
    """``wandb.init`` with everything off that this search did not ask for."""
    import wandb

    wanted = {
        "silent": True,
        "quiet": True,
        "console": "off",
        "disable_code": True,
        "disable_git": True,
        "disable_job_creation": True,
        "label_disable": True,
        "save_code": False,
        "symlink": False,
        "x_disable_stats": True,
        "x_disable_meta": True,
        "x_disable_machine_info": True,
        "x_save_requirements": False,
        # the log on disk is all that is left when the service is down and the process is ended
        "x_transaction_log_flush_interval": 1.0,
        "finish_timeout_raises": True,
        **request["settings"],
    }
    known = {name: value for name, value in wanted.items() if name in wandb.Settings.model_fields}
    run = wandb.init(settings=wandb.Settings(**known), resume="allow", **request["init"])
    run.define_metric("slot", hidden=True)
    for metric in request["metrics"]:
        run.define_metric(metric, step_metric="slot")
    return run


def main() -> None:
    """Serve standard input; wandb and its service get no input, and their output goes nowhere."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)

    def reply(message: dict[str, Any]) -> None:
        try:
            print(json.dumps(message), file=replies, flush=True)
        except BrokenPipeError:
            sys.exit(1)  # the search is gone, nobody wants to know

    serve(requests, reply, open_wandb_run)


if __name__ == "__main__":
    main()
