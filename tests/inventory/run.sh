#!/usr/bin/env bash
# The client's collectors against the system's own tools, field by field: on this machine, on recorded
# trees, and on roots that the tests make. Each tests/inventory/test_*.py is one program of tests.
set -uo pipefail
cd "$(dirname "$0")/../.."
if [ "$(id -u)" -ne 0 ]; then exec unshare -Ur "$0" "$@"; fi  # rpm and passwd change their root
tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(tests/inventory/test_*.py)
good=0 bad=0
for test in "${tests[@]}"; do
  out=$(python3 "$test" -v 2>&1)
  echo "== $test"
  echo "$out"
  ran=$(echo "$out" | sed -n 's/^Ran \([0-9]*\) tests\{0,1\} in .*/\1/p' | tail -1)
  broken=$(echo "$out" | grep -cE '^(ERROR|FAIL): ')
  left_out=$(echo "$out" | grep -cE '\.\.\. skipped ')
  [ -n "$ran" ] && [ "$ran" -gt 0 ] || { ran=1; broken=1; }
  good=$((good + ran - broken - left_out)) bad=$((bad + broken))
done
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ]
