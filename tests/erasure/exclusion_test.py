#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""An objection takes effect at once: exclusion_test.py PATH/TO/emc2 PATH/TO/omop_compare [SHARED_DATA]

A warehouse in which persons are excluded must give, for every cohort definition and for the export, what a warehouse gives that was loaded
without these persons: the same rows, attrition and inclusion statistics. The same after `emc2 compact`. Subsets are random, with a seed
that is printed. The public cohort data are used where they are; the project's own population is always there."""
import csv
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

SHARED = os.path.abspath(sys.argv.pop(3)) if len(sys.argv) > 3 and os.path.isdir(sys.argv[3]) else os.path.abspath("../shared/data")
COMPARE = os.path.abspath(sys.argv.pop(2))
EMC2 = os.path.abspath(sys.argv.pop(1))
DEFINITIONS = os.path.abspath("examples/cohorts")
SEED = int(os.environ.get("EMC2_TEST_SEED", "20261124"))


def without(source, out, left_out):
    """The CSV tables again, without the rows of these persons."""
    os.mkdir(out)
    for name in sorted(os.listdir(source)):
        if not name.endswith(".csv"):
            continue
        with open(os.path.join(source, name), encoding="utf-8", newline="") as file, \
             open(os.path.join(out, name), "w", encoding="utf-8", newline="") as to:
            rows, writer = csv.reader(file), csv.writer(to)
            head = next(rows)
            writer.writerow(head)
            at = next((i for i, field in enumerate(head) if field.lower() in ("person_id", "subject_id")), None)
            writer.writerows(row for row in rows if at is None or row[at] not in left_out)


class Exclusion(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="emc2-exclusion-")
        self.passphrase = os.path.join(self.root, "passphrase")
        with open(self.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(self.passphrase, 0o600)
        self.random = random.Random(SEED)

    def tearDown(self):
        shutil.rmtree(self.root)

    def path(self, name):
        return os.path.join(self.root, name)

    def emc2(self, warehouse, *arguments, expected=0):
        command = [EMC2, *arguments, "--quiet"]
        if warehouse:
            command += ["--passphrase-file", self.passphrase, "--warehouse", self.path(warehouse)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(result.returncode, expected, f"emc2 {' '.join(arguments)}\n{result.stdout}\n{result.stderr}")
        return result.stdout if expected == 0 else result.stderr

    def load(self, source, warehouse):
        self.emc2(warehouse, "init")
        return json.loads(self.emc2(warehouse, "load", source, "--json"))

    def results(self, warehouse, definitions, snapshot):
        """Rows and statistics of all cohorts, as bytes."""
        name = f"{warehouse}-{snapshot}"
        rows, statistics = self.path(f"{name}.csv"), self.path(f"{name}-statistics")
        self.emc2(warehouse, "cohort", "run", definitions, "--out", rows, "--statistics", statistics, "--keep-going", "--snapshot", snapshot)
        files = [rows] + sorted(os.path.join(statistics, name) for name in os.listdir(statistics))
        found = [pathlib.Path(file).read_bytes() for file in files]
        for file in files:
            os.remove(file)
        return found

    def attrition(self, warehouse, definitions):
        files = sorted(os.path.join(definitions, name) for name in os.listdir(definitions) if name.endswith(".json"))[:5]
        found = json.loads(self.emc2(warehouse, "cohort", "count", *files, "--json"))
        return json.dumps(strip_times(found), sort_keys=True)

    def assert_same(self, one, two, definitions, snapshot="2"):
        self.assertEqual(self.results(one, definitions, snapshot), self.results(two, definitions, "1"))
        self.assertEqual(self.attrition(one, definitions), self.attrition(two, definitions))
        for warehouse in (one, two):
            shutil.rmtree(self.path(f"{warehouse}-export"), ignore_errors=True)
            self.emc2(warehouse, "export", "--format", "csv", "--out", self.path(f"{warehouse}-export"))
        compared = subprocess.run([COMPARE, self.path(f"{two}-export"), self.path(f"{one}-export")], capture_output=True, text=True,
                                  timeout=600, check=False)
        self.assertEqual(compared.returncode, 0, compared.stdout + compared.stderr)

    def check(self, source, definitions, shares):
        """source: a directory of CSV tables."""
        with open(os.path.join(source, "person.csv"), encoding="utf-8", newline="") as file:
            persons = [row["person_id"] for row in csv.DictReader(file)]
        for share in shares:
            shutil.rmtree(self.root)
            os.mkdir(self.root)
            Exclusion.rewrite_passphrase(self)
            left_out = self.random.sample(persons, max(1, int(len(persons) * share)))
            without(source, self.path("less"), set(left_out))
            self.load(source, "all")
            self.load(self.path("less"), "part")
            with open(self.path("objections.txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(left_out) + "\n")
            self.emc2("all", "person", "exclude", "--file", self.path("objections.txt"), "--reason", "objections")
            self.assert_same("all", "part", definitions)
            self.assertEqual(self.results("all", definitions, "1"), self.results("part", definitions, "1"))
            self.emc2("all", "compact")
            self.assert_same("all", "part", definitions, "3")
            print(f"{os.path.basename(source)}: {len(left_out)} of {len(persons)} persons excluded, seed {SEED}: equal", flush=True)

    def rewrite_passphrase(self):
        with open(self.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(self.passphrase, 0o600)

    def test_own_population(self):
        population = self.path("population")
        self.emc2(None, "synthesise", "--persons", "2000", "--seed", "5", "--out", population)
        kept = tempfile.mkdtemp(prefix="emc2-exclusion-source-")
        self.addCleanup(shutil.rmtree, kept)
        shutil.move(population, os.path.join(kept, "population"))
        self.check(os.path.join(kept, "population"), DEFINITIONS, (0.001, 0.3))

    def test_public_cohorts(self):
        source, definitions = os.path.join(SHARED, "cohorts/phenotypes/cdm"), os.path.join(SHARED, "cohorts/phenotypes/definitions")
        if not os.path.isdir(source):
            self.skipTest("cohorts/phenotypes is not on this machine")
        kept = tempfile.mkdtemp(prefix="emc2-exclusion-source-")
        self.addCleanup(shutil.rmtree, kept)
        self.load(source, "whole")
        self.emc2("whole", "export", "--format", "csv", "--out", os.path.join(kept, "phenotypes"))
        self.check(os.path.join(kept, "phenotypes"), definitions, (0.002, 0.1, 0.6))

    def test_who_is_unknown_and_who_comes_again(self):
        self.emc2(None, "synthesise", "--persons", "50", "--seed", "6", "--out", self.path("population"))
        self.load(self.path("population"), "w")
        said = self.emc2("w", "person", "exclude", "--person", "1", "--person", "999999", "--reason", "x", expected=5)
        self.assertIn("1 of the 2 persons are unknown here, the first of them in place 2", said)
        self.assertIn("50 persons", self.emc2("w", "status"))
        self.assertIn("2 persons excluded", self.emc2("w", "person", "exclude", "--person", "1", "--person", "2", "--reason", "objection"))
        self.assertIn("48 persons", self.emc2("w", "status"))
        self.assertIn("nothing changes", self.emc2("w", "person", "exclude", "--person", "2", "--reason", "again"))
        report = json.loads(self.emc2("w", "load", self.path("population"), "--replace", "--json"))
        self.assertEqual((report["persons"], report["excluded"]), (50, 2))
        self.assertIn("48 persons", self.emc2("w", "status"))
        self.emc2("w", "person", "exclude", "--person", "3", expected=2)
        self.assertIn(": 1 person excluded", self.emc2("w", "person", "exclude", "--person", "3", "--reason", "objection"))
        self.assertNotRegex(self.emc2("w", "compact"), r"\b1 (files|records|rows)\b")


def strip_times(value):
    if isinstance(value, dict):
        return {key: strip_times(item) for key, item in value.items() if "second" not in key and "snapshot" not in key and "ns" not in key
                and "manifest" not in key and key != "work"}
    return [strip_times(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    unittest.main(verbosity=1)
