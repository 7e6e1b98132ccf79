#!/bin/sh
# tuf-js judges the catalogue: run.sh BUILD_FOLDER, where trust_tests has been built.
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work="$build/judges/tuf"

mkdir -p "$work"
if ! cmp -s "$here/package-lock.json" "$work/installed-lock.json"; then
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund)
  cp "$here/package-lock.json" "$work/installed-lock.json"
fi
cp "$here/judge.mjs" "$work/"

rm -rf "$work/repositories"
mkdir "$work/repositories"
MUSTER_TUF_FOLDER="$work/repositories" \
  "$build/bin/trust_tests" --gtest_brief=1 --gtest_filter=TufRepository.IsWrittenForTheJudge
node "$work/judge.mjs" "$work/repositories"
