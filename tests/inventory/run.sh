#!/usr/bin/env bash
# The client's collectors against the system's own tools, field by field: on this machine, on recorded
# trees, and on roots that the tests make. Each tests/inventory/test_*.py is one program of tests.
set -uo pipefail
cd "$(dirname "$0")/../.."
if [ "$(id -u)" -ne 0 ]; then exec unshare -Ur "$0" "$@"; fi  # rpm and passwd change their root
tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(tests/inventory/test_*.py)
. tests/programs.sh
run_programs "${tests[@]}"
