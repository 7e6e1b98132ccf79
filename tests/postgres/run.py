"""Programs of unit tests, once more with their databases on a PostgreSQL server:

    run.py PROGRAM...      each with all its tests; what is left out is for files alone
"""
import os
import re
import subprocess
import sys

from postgres_server import PostgresServer

# Tests that have nothing to do with the engine of the site's database.
ELSEWHERE = "-Sqlite*:Journal*:ContentHash*:ContentStore*:ContentTree*:RowList*:KeyedHash*:Crc32c*"


def main():
    good = bad = 0
    with PostgresServer() as server:
        environment = {**os.environ, "MUSTER_TEST_POSTGRES": server.url("%")}
        for program in sys.argv[1:]:
            done = subprocess.run([program, "--gtest_brief=1", f"--gtest_filter={ELSEWHERE}"], env=environment,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            print(f"== {os.path.basename(program)}\n{done.stdout}")
            passed = re.findall(r"^\[  PASSED  \] (\d+) tests?", done.stdout, re.M)
            failed = re.findall(r"^ *(\d+) FAILED TESTS?$", done.stdout, re.M)
            good += int(passed[-1]) if passed else 0
            bad += int(failed[-1]) if failed else int(done.returncode != 0 or not passed or passed[-1] == "0")
    print(f"{good} passed, {bad} failed")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
