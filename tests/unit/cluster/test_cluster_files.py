"""Cluster files say only what their schemas know, and none of them starts a Ray without a token."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

CLUSTER = Path(__file__).resolve().parents[3] / "cluster"
AUTOSCALER = sorted([*CLUSTER.glob("cloud/*.yaml"), *CLUSTER.glob("on_premise/*.yaml")])
KUBERNETES = sorted(CLUSTER.glob("kubernetes/*.yaml"))
SCRIPTS = sorted(CLUSTER.glob("*/*.sh"))

# Fields of KubeRay 1.6.2 (docs.ray.io, "KubeRay CRD API reference") and of Kubernetes' v1 pods.
CLUSTER_SPEC = {
    *("authOptions", "autoscalerOptions", "enableInTreeAutoscaling", "gcsFaultToleranceOptions", "headGroupSpec"),
    *("headServiceAnnotations", "managedBy", "rayVersion", "suspend", "upgradeStrategy", "workerGroupSpecs"),
}
HEAD = {"enableIngress", "headService", "labels", "rayStartParams", "resources", "serviceType", "template"}
WORKERS = {
    *("groupName", "idleTimeoutSeconds", "labels", "maxReplicas", "minReplicas", "numOfHosts", "rayStartParams"),
    *("replicas", "resources", "scaleStrategy", "suspend", "template"),
}
JOB_SPEC = {
    *("activeDeadlineSeconds", "backoffLimit", "clusterSelector", "deletionStrategy", "entrypoint"),
    *("entrypointNumCpus", "entrypointNumGpus", "entrypointResources", "jobId", "managedBy", "metadata"),
    *("preRunningDeadlineSeconds", "rayClusterSpec", "runtimeEnvYAML", "shutdownAfterJobFinishes"),
    *("submissionMode", "submitterConfig", "submitterPodTemplate", "suspend", "ttlSecondsAfterFinished"),
}
CONTAINER = {
    "name",
    "image",
    "imagePullPolicy",
    "command",
    "args",
    "env",
    "envFrom",
    "ports",
    "resources",
    "volumeMounts",
}


def check_cluster(spec):
    assert set(spec) <= CLUSTER_SPEC
    assert spec["authOptions"] == {"mode": "token"}
    assert set(spec["headGroupSpec"]) <= HEAD
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    for group in groups[1:]:
        assert set(group) <= WORKERS
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for group in groups:
        assert all(isinstance(value, str) for value in group["rayStartParams"].values()), "KubeRay takes strings"
        pod = group["template"]["spec"]
        assert set(pod) <= {"containers", "volumes", "nodeSelector", "tolerations"}
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            assert set(container) <= CONTAINER
            assert set(container["resources"]) <= {"requests", "limits"}
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_kubernetes_files_have_only_fields_that_kuberay_knows(path):
    manifest = yaml.safe_load(path.read_text())
    assert set(manifest) == {"apiVersion", "kind", "metadata", "spec"}
    assert manifest["apiVersion"] == "ray.io/v1"
    if manifest["kind"] == "RayJob":
        assert set(manifest["spec"]) <= JOB_SPEC
        check_cluster(manifest["spec"]["rayClusterSpec"])
    else:
        assert manifest["kind"] == "RayCluster"
        check_cluster(manifest["spec"])


@pytest.mark.parametrize("path", AUTOSCALER, ids=lambda path: path.name)
def test_autoscaler_files_are_valid_by_rays_own_rules_and_bring_the_token(path):
    from ray.autoscaler._private.util import prepare_config, validate_config

    settings = yaml.safe_load(path.read_text())
    validate_config(prepare_config(settings))
    assert "~/.ray/auth_token" in settings["file_mounts"].values()
    for commands in (settings["head_start_ray_commands"], settings["worker_start_ray_commands"]):
        starts = [command for command in commands if "ray start" in command]
        assert len(starts) == 1
        assert starts[0].startswith("RAY_AUTH_MODE=token ")


def test_no_file_starts_ray_unprotected():
    for path in (one for one in CLUSTER.rglob("*") if one.is_file() and one.suffix != ".md"):
        text = path.read_text()
        assert "disabled" not in text
        if path.suffix == ".sh" and "ray start" in text:
            assert text.index("RAY_AUTH_MODE=token") < text.index(
                "\nray start" if "\nray start" in text else "ray start --"
            ), path


def test_every_folder_says_what_to_change():
    for folder in (one for one in CLUSTER.iterdir() if one.is_dir()):
        assert "| change | where |" in (folder / "README.md").read_text(), folder


def test_scripts_can_be_run():
    assert len(SCRIPTS) == 5
    assert all(path.stat().st_mode & stat.S_IXUSR for path in SCRIPTS)


@pytest.fixture
def stubs(tmp_path):
    """Programs that write down how they were called, in front of the real ones."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def write(name, body):
        stub = folder / name
        stub.write_text(f'#!/usr/bin/env bash\necho "{name} $*" >> "{tmp_path}/calls"\n{body}\n')
        stub.chmod(0o755)

    # srun runs what follows its options; "ray … --block" stays until it is ended, as the real one does.
    write("srun", 'while [[ "$1" == --* ]]; do shift; done; exec "$@"')
    write("scontrol", "printf 'one\\ntwo\\nthree\\n'")
    write("hostname", "echo 10.0.0.1 10.0.0.9")
    write(
        "ray",
        f'[[ "$*" != *--block* ]] || {{ stat -c %a "$RAY_AUTH_TOKEN_PATH" >> "{tmp_path}/modes"; exec sleep 30; }}',
    )
    all_up = f'until [[ "$(cat "{tmp_path}/modes" | wc -l)" -ge 3 ]]; do sleep 0.02; done'
    write("nasray", f'{all_up}; wc -c < "$RAY_AUTH_TOKEN_PATH" >> "{tmp_path}/token"; exit 7')
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(tmp_path), "RAY_AUTH_MODE": "token"}
    return tmp_path, environment


def run(script, *arguments, environment):
    return subprocess.run(
        [str(CLUSTER / script), *arguments], env=environment, capture_output=True, text=True, timeout=20, check=False
    )


def test_slurm_starts_a_head_and_workers_runs_the_search_and_takes_all_away(stubs):
    folder, environment = stubs
    environment |= {"SLURM_JOB_NODELIST": "n[1-3]", "SLURM_CPUS_PER_TASK": "4"}
    done = run("slurm/search.sh", "run", "seed=3", environment=environment)
    assert done.returncode == 7, "the exit code is the search's"
    calls = (folder / "calls").read_text().splitlines()
    starts = [call for call in calls if call.startswith("ray start")]
    assert sum("--head" in start and "--node-ip-address=10.0.0.1" in start for start in starts) == 1
    assert sum("--address=10.0.0.1:6379" in start for start in starts) == 2
    assert "nasray run seed=3" in calls
    assert set((folder / "modes").read_text().split()) == {"600"}
    assert (folder / "token").read_text().strip() == "65"
    assert not list(folder.glob(".nasray-token-*"))


def test_slurm_gives_up_when_no_head_comes_up(stubs):
    folder, environment = stubs
    (folder / "bin" / "ray").write_text("#!/bin/sh\nexit 1\n")
    environment |= {"SLURM_JOB_NODELIST": "n1", "SLURM_CPUS_PER_TASK": "4", "PATIENCE_SECONDS": "0"}
    done = run("slurm/search.sh", "run", environment=environment)
    assert done.returncode == 1
    assert "no head on one within 0 s" in done.stderr


def test_a_worker_without_a_token_says_how_to_get_it(stubs):
    _, environment = stubs
    done = run("on_premise/worker.sh", "10.0.0.1", "10.0.0.2", environment=environment)
    assert done.returncode == 2
    assert "copy it from the head: scp 10.0.0.1:.ray/auth_token" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (("local/start.sh", "--num-cpus=2"), "ray start --head --node-ip-address=127.0.0.1 --port=6379"),
        (("on_premise/head.sh", "10.0.0.1"), "ray start --head --node-ip-address=10.0.0.1 --port=6379"),
        (
            ("on_premise/worker.sh", "10.0.0.1", "10.0.0.2"),
            "ray start --address=10.0.0.1:6379 --node-ip-address=10.0.0.2",
        ),
    ],
)
def test_scripts_start_ray_with_a_token(stubs, arguments, start):
    folder, environment = stubs
    (folder / ".ray").mkdir()
    (folder / ".ray" / "auth_token").write_text("secret")
    done = run(*arguments, environment=environment)
    assert done.returncode == 0, done.stderr
    assert start in (folder / "calls").read_text()
    assert "secret" not in done.stdout + (folder / "calls").read_text()
