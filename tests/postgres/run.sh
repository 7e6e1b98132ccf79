#!/usr/bin/env bash
# The unit tests that use the site's database, with PostgreSQL as its engine: run.sh [BUILD FOLDER].
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release}
exec python3 tests/postgres/run.py "$build/bin/postgres_tests" "$build/bin/store_tests" "$build/bin/site_server_tests"
