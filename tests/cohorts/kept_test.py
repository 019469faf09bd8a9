#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Kept cohorts, sessions and why, through the program: kept_test.py PATH/TO/emc2

Rows are kept and read again; who is excluded never comes back; compaction and erasure destroy what they close; a changed file is found."""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

EMC2 = os.path.abspath(sys.argv.pop(1))
EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "cohorts", "treated_myeloma.json")
CORRUPT, NOT_FOUND = 8, 5


class Kept(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-kept-")
        cls.passphrase = os.path.join(cls.root, "passphrase")
        with open(cls.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(cls.passphrase, 0o600)
        cls.made = os.path.join(cls.root, "made")
        population = os.path.join(cls.root, "population")
        cls.emc2("synthesise", "--persons", "20000", "--seed", "42", "--out", population, warehouse=None)
        cls.emc2("init", warehouse=cls.made)
        cls.emc2("load", population, warehouse=cls.made)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def setUp(self):
        self.warehouse = os.path.join(self.root, self.id())
        shutil.copytree(self.made, self.warehouse)

    @classmethod
    def emc2(cls, *arguments, warehouse, code=0, stdin=None):
        command = [EMC2, *arguments, "--quiet"]
        if warehouse:
            command += ["--warehouse", warehouse, "--passphrase-file", cls.passphrase]
        result = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=300, check=False)
        assert result.returncode == code, f"emc2 {' '.join(arguments)}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def run_emc2(self, *arguments, **more):
        return self.emc2(*arguments, warehouse=self.warehouse, **more)

    def rows(self, *more):
        out = os.path.join(self.root, "rows.csv")
        said = self.run_emc2("cohort", "run", EXAMPLE, "--out", out, *more)
        with open(out, encoding="utf-8") as file:
            return list(csv.DictReader(file)), said

    def kept_files(self):
        folder = os.path.join(self.warehouse, "cohorts")
        return [os.path.join(folder, name) for name in os.listdir(folder)] if os.path.isdir(folder) else []

    def test_kept_rows_are_read(self):
        plain, said = self.rows()
        self.assertNotIn("as they were kept", said)
        self.assertEqual(self.kept_files(), [])
        kept, said = self.rows("--keep", "study")
        self.assertIn("0 cohorts read as they were kept, 1 kept", said)
        again, said = self.rows()
        self.assertIn("1 cohorts read as they were kept, 0 kept", said)
        self.assertTrue(plain == kept == again and len(plain) > 5)
        self.rows("--keep", "study")
        self.assertEqual(len(self.kept_files()), 1)
        shown = json.loads(self.run_emc2("cohort", "show", "study", "--json"))[0]
        self.assertEqual((shown["persons"], shown["rows"], shown["snapshot"]), (len({r["subject_id"] for r in plain}), len(plain), 1))
        self.assertEqual(json.loads(self.run_emc2("cohort", "list", "--json"))[0]["program"], shown["program"])
        self.run_emc2("cohort", "show", "other", code=NOT_FOUND)
        self.assertIn("cohort.keep", self.run_emc2("log", "list", "--count", "100"))
        self.run_emc2("snapshot", "verify")

    def test_who_is_excluded_never_comes_back(self):
        kept, _ = self.rows("--keep", "study")
        gone = kept[0]["subject_id"]
        self.run_emc2("person", "exclude", "--person", gone, "--reason", "objection")
        left, said = self.rows("--snapshot", "1")
        self.assertIn("1 cohorts read as they were kept", said)
        self.assertEqual(left, [row for row in kept if row["subject_id"] != gone])
        self.assertEqual(json.loads(self.run_emc2("cohort", "show", "study", "--json"))[0]["rows"], len(left))
        self.rows("--keep", "study")  # of the newest snapshot, without the person
        self.assertEqual(len(self.kept_files()), 2)
        said = self.run_emc2("compact", "--reason", "objection")
        self.assertIn("2 kept cohorts were destroyed", said)
        self.assertEqual(self.kept_files(), [])
        now, said = self.rows("--keep", "study")
        self.assertEqual(now, left)

    def test_the_end_of_a_warehouse_is_theirs(self):
        self.rows("--keep", "study")
        self.run_emc2("erase", "--all", "--yes-destroy", os.path.basename(self.warehouse))
        self.assertEqual(self.kept_files(), [])

    def test_a_changed_file_is_found(self):
        self.rows("--keep", "study")
        path = self.kept_files()[0]
        with open(path, "r+b") as file:
            file.seek(200)
            byte = file.read(1)
            file.seek(200)
            file.write(bytes([byte[0] ^ 1]))
        said = self.run_emc2("snapshot", "verify", code=CORRUPT)
        self.assertIn(f"cohorts/{os.path.basename(path)}", said)

    def test_a_session_counts_as_count_does(self):
        counted = json.loads(self.run_emc2("cohort", "count", EXAMPLE, "--json"))[0]
        requests = [{"do": "count"}, {"do": "rule", "rule": 0, "on": False, "count": True}, {"do": "rule", "rule": 0, "on": True, "count": True},
                    {"do": "why", "person": 1}, {"do": "close"}]
        said = self.run_emc2("cohort", "session", EXAMPLE, stdin="".join(json.dumps(r) + "\n" for r in requests))
        answers = [json.loads(line) for line in said.splitlines()]
        self.assertEqual(len(answers), len(requests) + 1)
        for answer in (answers[1], answers[3]):
            self.assertEqual((answer["program"], answer["persons"], answer["attrition"]),
                             (counted["program"], counted["persons"], counted["attrition"]))
        self.assertEqual(answers[3]["evaluated"]["rules"], 0)
        self.assertEqual(answers[4]["error"], "DENIED")
        log = self.run_emc2("log", "list", "--count", "100")
        self.assertEqual(sum(" read " in line for line in log.splitlines()), 3)  # count; the session's two programs
        self.assertIn("refusal", log)

    def test_why_says_what_run_says(self):
        rows, _ = self.rows()
        inside = {row["subject_id"] for row in rows}
        for person in [*sorted(inside)[:3], "1", "2"]:
            why = json.loads(self.run_emc2("cohort", "why", EXAMPLE, "--person", person, "--json"))
            self.assertEqual(why["in"], person in inside)
            self.assertEqual([(r["start"], r["end"]) for r in why["rows"]],
                             [(r["cohort_start_date"], r["cohort_end_date"]) for r in rows if r["subject_id"] == person])
        self.assertIn("dans la cohorte", self.run_emc2("cohort", "why", EXAMPLE, "--person", "1", "--language", "fr").lower())


unittest.main()
