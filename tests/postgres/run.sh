#!/usr/bin/env bash
# The unit tests that use the site's database, with PostgreSQL as its engine, and the server that a site
# has to itself: run.sh [BUILD FOLDER].
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release}
export MUSTER_BIN="${MUSTER_BIN:-$(realpath "$build/bin")}"
exec python3 tests/postgres/run.py "$build/bin/postgres_tests" "$build/bin/store_tests" "$build/bin/site_server_tests" \
  tests/postgres/test_provision.py
