#!/usr/bin/env bash
# Ends every Ray process of this user on this machine; searches that used them go on with `nasray resume RUN`.
set -euo pipefail

ray stop "$@"
