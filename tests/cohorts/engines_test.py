#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The cohorts of examples/ by every engine, through the program itself: engines_test.py PATH/TO/emc2

A synthetic population is loaded; rows, statistics and counts by DuckDB's SQL, and by PostgreSQL's on a server of the test's own after
`emc2 publish`, are those of native evaluation. PostgreSQL is left out by name where Debian's package is not there."""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EMC2 = os.path.abspath(sys.argv[1])
CONCEPTS = (437233, 4028717, 440383, 201820, 320128)


def server_module():
    """tests/publish/server.py: the server of a test's own."""
    spec = importlib.util.spec_from_file_location("server", os.path.join(HERE, "..", "publish", "server.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def definition(second):
    """All conditions, with two rules about a later visit and a measurement, one of them about a set of concepts."""
    window = {"Start": {"Days": 0, "Coeff": -1}, "End": {"Days": 365, "Coeff": 1}}
    rules = [{"name": kind, "expression": {"Type": "ALL", "CriteriaList": [
        {"Criteria": {kind: members}, "StartWindow": window, "Occurrence": {"Type": 2, "Count": count}}]}}
        for kind, members, count in (("VisitOccurrence", {}, second), ("Measurement", {}, 1))]
    items = [{"concept": {"CONCEPT_ID": concept}, "includeDescendants": True} for concept in CONCEPTS]
    return {"ConceptSets": [{"id": 1, "name": "some", "expression": {"items": items}}],
            "PrimaryCriteria": {"CriteriaList": [{"ConditionOccurrence": {}}], "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
                                "PrimaryCriteriaLimit": {"Type": "All"}},
            "InclusionRules": rules, "ExpressionLimit": {"Type": "All"}, "CollapseSettings": {"CollapseType": "ERA", "EraPad": 30},
            "EndStrategy": {"DateOffset": {"DateField": "EndDate", "Offset": 7}}}


class Work:
    def __init__(self, directory):
        self.directory = directory
        self.passphrase = self.path("passphrase")
        with open(self.passphrase, "w", encoding="utf-8") as file:
            file.write("only for tests\n")
        os.chmod(self.passphrase, 0o600)
        os.mkdir(self.path("definitions"))
        for number in (1, 2):
            with open(self.path("definitions", f"{number}.json"), "w", encoding="utf-8") as file:
                json.dump(definition(number), file)
        with open(os.path.join(HERE, "..", "..", "examples", "cohorts", "treated_myeloma.json"), encoding="utf-8") as source:
            with open(self.path("definitions", "3.json"), "w", encoding="utf-8") as file:
                file.write(source.read())
        self.emc2("synthesise", "--persons", "1500", "--out", self.path("population"))
        self.emc2("init")
        self.emc2("load", self.path("population"))

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def emc2(self, *arguments):
        command = [EMC2, *arguments, "--warehouse", self.path("warehouse"), "--passphrase-file", self.passphrase, "--quiet"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if result.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {result.returncode}\n{result.stderr[-2000:]}")
        return result.stdout

    def results(self, name, *options):
        """Rows and statistics as sets of lines, and the counts."""
        rows, statistics = self.path(f"{name}.csv"), self.path(f"{name}-statistics")
        self.emc2("cohort", "run", self.path("definitions"), "--out", rows, "--statistics", statistics, *options)
        texts = []
        for path in (rows, os.path.join(statistics, "inclusion_result.csv"), os.path.join(statistics, "inclusion_stats.csv")):
            with open(path, encoding="utf-8") as file:
                texts.append(sorted(file))
        counts = json.loads(self.emc2("cohort", "count", self.path("definitions"), "--json", *options))
        return texts, [(count["persons"], count["attrition"]) for count in counts]

    def compare(self, name, expected, *options):
        found = self.results(name, *options)
        same = found == expected
        print(f"{name}: {len(found[0][0]) - 1} rows, {'as native' if same else 'NOT as native'}", flush=True)
        return same


def check_script(work, server):
    """The printed script, run by psql itself, gives the rows of the first definition."""
    script = work.emc2("cohort", "sql", work.path("definitions", "1.json"), "--dialect", "postgresql", "--schema", "omop")
    lines = server.psql("-t", "--csv", "-f", "-", input=script).splitlines()
    with open(work.path("native.csv"), encoding="utf-8") as file:
        expected = {line.strip() for line in file if line.startswith("1,")}
    same = expected and expected <= set(lines)
    print(f"psql: {len(expected)} rows of the script, {'as native' if same else 'NOT as native'}", flush=True)
    return same


def main():
    with tempfile.TemporaryDirectory(prefix="emc2-engines-") as directory:
        work = Work(directory)
        native = work.results("native")
        rows = len(native[0][0]) - 1
        passed = rows > 100 and work.compare("duckdb", native, "--engine", "duckdb")
        postgresql = server_module()
        try:
            with postgresql.Server() as server:
                work.emc2("publish", "--to", server.url())
                passed = work.compare("postgresql", native, "--engine", "postgresql", "--database", server.url()) and passed
                passed = check_script(work, server) and passed
        except postgresql.Missing as missing:
            print(f"skipped: postgresql: {missing}")
    sys.exit(0 if passed else 1)


main()
