#!/usr/bin/env bash
# A Ray cluster inside one Slurm allocation, and one nasray command in it. Started again, use `resume FOLDER`.
# Usage: sbatch cluster/slurm/search.sh run paths.runs=/shared/runs executor.workers=32
#SBATCH --job-name=nasray
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --output=nasray-%j.log
set -euo pipefail

port="${PORT:-6379}"
patience_seconds="${PATIENCE_SECONDS:-300}"
mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head="${nodes[0]}"
address="$(srun --nodes=1 --ntasks=1 --nodelist="$head" hostname --ip-address | awk '{print $1}')"

# One token a job, in a file that only its owner reads: command lines and environments can be seen by others.
umask 077
RAY_AUTH_TOKEN_PATH="$(mktemp "${TOKEN_FOLDER:-$HOME}/.nasray-token-XXXXXX")"
export RAY_AUTH_TOKEN_PATH RAY_AUTH_MODE=token
head -c 32 /dev/urandom | sha256sum | cut -d' ' -f1 > "$RAY_AUTH_TOKEN_PATH"
steps=()
finish() {
    ((${#steps[@]})) && kill "${steps[@]}" 2> /dev/null || true
    wait || true
    rm -f "$RAY_AUTH_TOKEN_PATH"
}
trap finish EXIT

srun --nodes=1 --ntasks=1 --nodelist="$head" --overlap ray start --head --block --node-ip-address="$address" \
    --port="$port" --num-cpus="$SLURM_CPUS_PER_TASK" --include-dashboard=false --disable-usage-stats &
steps+=("$!")
for node in "${nodes[@]:1}"; do
    srun --nodes=1 --ntasks=1 --nodelist="$node" ray start --address="$address:$port" --block \
        --num-cpus="$SLURM_CPUS_PER_TASK" --disable-usage-stats &
    steps+=("$!")
done

export RAY_ADDRESS="$address:$port"
until ray health-check --address "$RAY_ADDRESS" > /dev/null 2>&1; do
    ((SECONDS < patience_seconds)) || { echo "search.sh: no head on $head within $patience_seconds s" >&2; exit 1; }
    sleep 2
done
nasray "$@" # workers that join later are used as they come
