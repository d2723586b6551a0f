#!/usr/bin/env bash
# Starts the head of a Ray cluster on the machine of your choice; further arguments go to `ray start`.
# Usage: cluster/on_premise/head.sh ADDRESS_OF_THIS_MACHINE [--num-cpus=N …]
set -euo pipefail

host="${1:?the address under which the other machines reach this one}"
shift
export RAY_AUTH_MODE=token
umask 077 # else Ray makes the token readable for everybody
ray get-auth-token --generate > /dev/null
chmod 600 "${RAY_AUTH_TOKEN_PATH:-$HOME/.ray/auth_token}" # one that Ray made by itself is not
ray start --head --node-ip-address="$host" --port="${PORT:-6379}" --include-dashboard=false \
    --disable-usage-stats "$@"
