"""Tests of the site's database on a PostgreSQL server:

    run.py PROGRAM...      unit tests, once more with their databases on a server, each with all its tests; what is
                           left out is for files alone. A PROGRAM.py has its own servers and Python's unittest.
"""
import os
import re
import subprocess
import sys

from postgres_server import PostgresServer

# Tests that have nothing to do with the engine of the site's database.
ELSEWHERE = "-Sqlite*:Journal*:ContentHash*:ContentStore*:ContentTree*:RowList*:KeyedHash*:Crc32c*"


def run_python(program):
    """How many tests passed and how many failed. One that tells no count has failed, or is for another user."""
    done = subprocess.run([sys.executable, program, "-v"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(f"== {program}\n{done.stdout}")
    ran = re.findall(r"^Ran (\d+) tests? in ", done.stdout, re.M)
    bad = len(re.findall(r"^(?:ERROR|FAIL): ", done.stdout, re.M))
    if not ran and done.returncode == 0:
        return 0, int(os.environ.get("CI") == "true")
    return (int(ran[-1]) - bad, bad) if ran else (0, 1)


def run(program, wanted, environment):
    """How many tests passed, how many failed, and the names of those that said so."""
    done = subprocess.run([program, "--gtest_brief=1", f"--gtest_filter={wanted}"], env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(f"== {os.path.basename(program)}\n{done.stdout}")
    passed = re.findall(r"^\[  PASSED  \] (\d+) tests?", done.stdout, re.M)
    failed = re.findall(r"^ *(\d+) FAILED TESTS?$", done.stdout, re.M)
    names = re.findall(r"^\[  FAILED  \] (\S+?),? .*\(\d+ ms\)$", done.stdout, re.M)
    good = int(passed[-1]) if passed else 0
    return good, int(failed[-1]) if failed else int(done.returncode != 0 or good == 0), names


def main():
    """A test that fails runs once more, alone; one that passes then is told as flaky. What is random in
    it follows MUSTER_SEED, so that a case that is wrong is wrong again."""
    good = bad = 0
    programs = [program for program in sys.argv[1:] if not program.endswith(".py")]
    with PostgresServer() as server:
        environment = {**os.environ, "MUSTER_TEST_POSTGRES": server.url("%")}
        for program in programs:
            passed, failed, names = run(program, ELSEWHERE, environment)
            if 0 < len(names) <= 2 and len(names) == failed:
                again, still, _ = run(program, ":".join(names), environment)
                if again == len(names) and still == 0:
                    print(f"flaky: {' '.join(names)}")
                    passed, failed = passed + again, 0
            good += passed
            bad += failed
    for program in sys.argv[1:]:
        if program.endswith(".py"):
            passed, failed = run_python(program)
            good += passed
            bad += failed
    print(f"{good} passed, {bad} failed")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
