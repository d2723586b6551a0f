#!/usr/bin/env bash
# Starts a Ray cluster on this machine, for this machine alone, with token authentication. What follows goes to
# `ray start`: cluster/local/start.sh --num-cpus=4
set -euo pipefail

export RAY_AUTH_MODE=token
umask 077 # else Ray makes the token readable for everybody
ray get-auth-token --generate > /dev/null
chmod 600 "${RAY_AUTH_TOKEN_PATH:-$HOME/.ray/auth_token}" # one that Ray made by itself is not
ray start --head --node-ip-address=127.0.0.1 --port="${PORT:-6379}" --include-dashboard=false \
    --disable-usage-stats "$@"
echo
echo "Searches join after: export RAY_AUTH_MODE=token RAY_ADDRESS=127.0.0.1:${PORT:-6379}"
