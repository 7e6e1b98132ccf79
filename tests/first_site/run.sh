#!/usr/bin/env bash
# The whole product on real input: a site and a client for this machine, inside a network namespace
# of their own. Each tests/first_site/test_*.py is one program of tests.
set -uo pipefail
cd "$(dirname "$0")/../.."

if [ "${MUSTER_IN_NAMESPACE:-}" != yes ]; then
  export MUSTER_IN_NAMESPACE=yes
  exec 9</proc/self/ns/net  # what a long form fetches comes from outside
  if [ "$(id -u)" -eq 0 ]; then exec unshare -n "$0" "$@"; else exec unshare -Urn "$0" "$@"; fi
fi
ip link set lo up

tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(tests/first_site/test_*.py)
. tests/programs.sh
run_programs "${tests[@]}"
