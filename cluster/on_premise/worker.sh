#!/usr/bin/env bash
# Lets this machine join the cluster; it needs the head's token. Further arguments go to `ray start`.
# Usage: cluster/on_premise/worker.sh ADDRESS_OF_THE_HEAD ADDRESS_OF_THIS_MACHINE [--num-cpus=N …]
set -euo pipefail

head="${1:?the address of the head}"
host="${2:?the address under which the other machines reach this one}"
shift 2
token="${RAY_AUTH_TOKEN_PATH:-$HOME/.ray/auth_token}"
if [[ -z "${RAY_AUTH_TOKEN:-}" && ! -s "$token" ]]; then
    echo "worker.sh: no token at $token; copy it from the head: scp $head:.ray/auth_token $token" >&2
    exit 2
fi
[[ ! -f "$token" ]] || chmod 600 "$token" # scp gives it to everybody on this machine
export RAY_AUTH_MODE=token
ray start --address="$head:${PORT:-6379}" --node-ip-address="$host" --disable-usage-stats "$@"
