#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The published and generated cohort definitions through the program itself: program_test.py PATH/TO/emc2 [SHARED_DATA]

Each data set is loaded with `emc2 load`, all of its definitions run with `emc2 cohort run`, and rows and inclusion statistics compared with
those of the reference, as sets. Prints how many passed, differed and were refused; exit 77 where the shared data are absent."""
import collections
import csv
import gzip
import os
import subprocess
import sys
import tempfile

EMC2 = os.path.abspath(sys.argv[1])
DATA = sys.argv[2] if len(sys.argv) > 2 else os.path.join("..", "shared", "data")
SETS = [("phenotypes", "cohorts/phenotypes/definitions", "cohorts/phenotypes/cdm"),
        ("programs", "cohorts/programs/definitions", "cohorts/programs/cdm"),
        ("gibleed", "cohorts/phenotypes/definitions", "omop/GiBleed_5.3_parquet")]


def emc2(passphrase, warehouse, *arguments):
    command = [EMC2, *arguments, "--warehouse", warehouse, "--passphrase-file", passphrase, "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}")
    return result.stdout


def lines_by_cohort(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        found = collections.defaultdict(set)
        for row in list(csv.reader(file))[1:]:
            found[int(row[0])].add(tuple(row[1:]))
        return found


def compare(name, definitions, cdm, work):
    passphrase, warehouse = os.path.join(work, "passphrase"), os.path.join(work, name)
    out, statistics = os.path.join(work, f"{name}.csv"), os.path.join(work, f"{name}-statistics")
    expected = os.path.join(DATA, "cohorts", name)
    emc2(passphrase, warehouse, "init")
    emc2(passphrase, warehouse, "load", os.path.join(DATA, cdm))
    said = emc2(passphrase, warehouse, "cohort", "run", os.path.join(DATA, definitions), "--out", out, "--statistics", statistics,
                "--keep-going")
    refused = int(said.split(" refused")[0].rsplit(" ", 1)[1])
    with open(os.path.join(expected, "index.csv"), encoding="utf-8") as file:
        cohorts = [int(row["cohort_id"]) for row in csv.DictReader(file)]
    pairs = [(lines_by_cohort(os.path.join(expected, f"expected_{what}.csv.gz")), lines_by_cohort(path))
             for what, path in (("rows", out), ("inclusion_result", os.path.join(statistics, "inclusion_result.csv")),
                                ("inclusion_stats", os.path.join(statistics, "inclusion_stats.csv")))]
    differ = [c for c in cohorts if any(want[c] != got[c] for want, got in pairs)]
    rows = sum(len(got) for got in pairs[0][1].values())
    print(f"{name}: {len(cohorts) - len(differ)} passed, {len(differ)} differed, {refused} refused; {rows} rows "
          f"{'differ: ' + str(differ[:20]) if differ else ''}", flush=True)
    return not differ and refused == 0 and len(cohorts) > 0


def main():
    if not os.path.isdir(os.path.join(DATA, "cohorts")):
        print(f"skipped: the cohort vectors are not in {DATA}")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="emc2-cohorts-") as work:
        passphrase = os.path.join(work, "passphrase")
        with open(passphrase, "w", encoding="utf-8") as file:
            file.write("only for tests on public data\n")
        os.chmod(passphrase, 0o600)
        results = [compare(name, definitions, cdm, work) for name, definitions, cdm in SETS]
    sys.exit(0 if all(results) else 1)


main()
