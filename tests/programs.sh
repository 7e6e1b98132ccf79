# Runs programs of Python's unittest, one after the other, and counts their tests. To be sourced.
# run_programs PROGRAM...: prints what they print, at its end "N passed, N failed".
#
# These tests live with clocks, peers and processes of a machine that does other work meanwhile. One or
# two programs that failed run once more when all others are done; what passes then is told as
# "flaky: PROGRAM: TEST", so that it is looked for, and fails nothing.

ran=0 broken=0
run_program() {  # PROGRAM; sets ran, broken and broken_names
  local out left_out
  out=$(python3 "$1" -v 2>&1)
  echo "== $1"
  echo "$out"
  ran=$(echo "$out" | sed -n 's/^Ran \([0-9]*\) tests\{0,1\} in .*/\1/p' | tail -1)
  broken=$(echo "$out" | grep -cE '^(ERROR|FAIL): ')
  broken_names=$(echo "$out" | sed -nE 's/^(ERROR|FAIL): ([^ ]*).*/\2/p' | tr '\n' ' ')
  # What is for the long form, or not for this user, passed nothing; unittest says which and why.
  left_out=$(echo "$out" | grep -cE '\.\.\. skipped ')
  if [ -z "$ran" ] || [ "$ran" -eq 0 ]; then
    ran=1 broken=1 left_out=0 broken_names="did not run"
  fi
  ran=$((ran - left_out))
}

run_programs() {
  local program i good=0 bad=0 again=() again_ran=() again_broken=() again_names=()
  for program in "$@"; do
    run_program "$program"
    if [ "$broken" -eq 0 ]; then
      good=$((good + ran))
    else
      again+=("$program") again_ran+=("$ran") again_broken+=("$broken") again_names+=("$broken_names")
    fi
  done
  for i in "${!again[@]}"; do
    if [ ${#again[@]} -le 2 ] && run_program "${again[i]}" && [ "$broken" -eq 0 ]; then
      echo "flaky: ${again[i]}: ${again_names[i]}"
      good=$((good + ran))
    else
      good=$((good + again_ran[i] - again_broken[i])) bad=$((bad + again_broken[i]))
    fi
  done
  echo "$good passed, $bad failed"
  [ "$bad" -eq 0 ]
}
