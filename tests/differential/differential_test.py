#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Random cohorts over random populations, natively and by SQL: differential_test.py PATH/TO/differential [CASES]

First DuckDB alone, then DuckDB and PostgreSQL, on a server of the test's own. In the gate the seconds are bounded; with CASES (or
EMC2_DIFFERENTIAL_CASES), the long run, only the cases are: `differential_test.py build/release/differential 100000`. The PostgreSQL half is
left out by name where Debian's package is not there. A case that differs is shrunk and left beside, to be mended and then kept in kept/."""
import importlib.util
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv[1])
CASES = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("EMC2_DIFFERENTIAL_CASES")
SEED = os.environ.get("EMC2_DIFFERENTIAL_SEED", "2026")


def server_module():
    """tests/publish/server.py: the server of a test's own."""
    spec = importlib.util.spec_from_file_location("server", os.path.join(HERE, "..", "publish", "server.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name, *arguments):
    command = [PROGRAM, "--kept", os.path.join(HERE, "kept"), "--out", os.path.dirname(PROGRAM), "--seed", SEED, *arguments]
    print(f"{name}:", flush=True)
    return subprocess.run(command, check=False).returncode == 0


def main():
    passed = run("DuckDB", "--cases", CASES) if CASES else run("DuckDB", "--cases", "3000", "--seconds", "40")
    postgresql = server_module()
    try:
        with postgresql.Server() as server:
            bounds = ["--cases", CASES] if CASES else ["--cases", "300", "--seconds", "30"]
            passed = run("DuckDB and PostgreSQL", *bounds, "--postgresql", server.url()) and passed
    except postgresql.Missing as missing:
        print(f"skipped: DuckDB and PostgreSQL: {missing}")
    sys.exit(0 if passed else 1)


main()
