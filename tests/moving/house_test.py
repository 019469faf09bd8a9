#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Moving house: house_test.py PATH/TO/emc2

A warehouse is exported whole, as CSV and as Parquet, and loaded on a second host (another directory, another key): the hash of every table is
equal, by emc2 on both sides and by a checker written from the description alone. A changed value is found and its table named."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

EMC2 = os.path.abspath(sys.argv.pop(1))
CHECKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "formats", "table_hash.py")
CORRUPT, INVALID_INPUT = 8, 3
AWKWARD = ("observation_id,person_id,observation_concept_id,observation_date,observation_datetime,observation_type_concept_id,"
           "value_as_number,value_as_string,qualifier_source_value\n"
           '9000001,{person},0,2019-04-14,1969-12-31 23:59:59.999999,0,-0.0,"",\n'
           '9000002,{person},0,1969-12-31,,0,1e-7,"a ""b"", c\nd", \n'
           "9000003,{person},0,2019-04-14,2019-04-14 00:00:00,0,12345678901234567,été,e\u0301\n")


class House(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-house-")
        cls.passphrase = os.path.join(cls.root, "passphrase")
        with open(cls.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(cls.passphrase, 0o600)
        population = cls.path("population")
        cls.run_ok("synthesise", "--persons", "2000", "--seed", "11", "--out", population)
        with open(os.path.join(population, "person.csv"), encoding="utf-8") as file:
            person = file.read().split("\n")[1].split(",")[0]
        with open(os.path.join(population, "observation.csv"), "w", encoding="utf-8") as file:
            file.write(AWKWARD.format(person=person))
        cls.first = cls.path("first")
        cls.run_ok("init", "--warehouse", cls.first)
        cls.run_ok("load", population, "--warehouse", cls.first)
        cls.exports = {}
        for form in ("csv", "parquet"):
            cls.exports[form] = cls.path(form)
            cls.run_ok("export", "--all", "--format", form, "--out", cls.exports[form], "--warehouse", cls.first)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.root, name)

    @classmethod
    def run_emc2(cls, *arguments):
        command = [EMC2, *arguments, "--quiet"] + ([] if arguments[0] == "synthesise" else ["--passphrase-file", cls.passphrase])
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    @classmethod
    def run_ok(cls, *arguments):
        result = cls.run_emc2(*arguments)
        assert result.returncode == 0, f"emc2 {' '.join(arguments)}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def hashes(self, warehouse, *more):
        return json.loads(self.run_ok("snapshot", "hash", "--json", "--warehouse", warehouse, *more))

    def said(self, form):
        with open(os.path.join(self.exports[form], "hashes.json"), encoding="utf-8") as file:
            return json.load(file)

    def check_csv(self, directory):
        return subprocess.run([sys.executable, CHECKER, directory], capture_output=True, text=True, timeout=300, check=False)

    def second(self, form):
        warehouse = self.path(f"second-{form}")
        self.run_ok("init", "--warehouse", warehouse)
        self.run_ok("load", self.exports[form], "--warehouse", warehouse)
        self.addCleanup(shutil.rmtree, warehouse)
        return warehouse

    def test_every_table_is_equal_on_the_second_host(self):
        own = self.hashes(self.first)
        self.assertGreater(own["rows"], 10000)
        self.assertGreater(sum(1 for table in own["tables"] if table["rows"]), 15)
        for form in ("csv", "parquet"):
            self.assertEqual(self.said(form), own)
            warehouse = self.second(form)
            self.assertEqual(self.hashes(warehouse), own)
            hashes = os.path.join(self.exports[form], "hashes.json")
            self.assertIn("are equal", self.run_ok("snapshot", "hash", "--warehouse", warehouse, "--compare", hashes))

    def test_threads_do_not_change_a_hash(self):
        self.assertEqual(*(self.hashes(self.first, "--threads", threads) for threads in ("1", "7")))

    def test_the_checker_written_from_the_page_agrees(self):
        result = self.check_csv(self.exports["csv"])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("0 different", result.stdout)

    def test_one_changed_value_is_found(self):
        changed = self.path("changed")
        shutil.copytree(self.exports["csv"], changed)
        path = os.path.join(changed, "observation.csv")
        with open(path, encoding="utf-8") as file:
            content = file.read()
        self.assertEqual(content.count('""'), 3)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content.replace(',"",', ",,", 1))  # empty text becomes NULL
        result = self.check_csv(changed)
        self.assertEqual(result.returncode, 1)
        self.assertIn("observation:", result.stdout)
        warehouse = self.path("changed-warehouse")
        self.run_ok("init", "--warehouse", warehouse)
        self.run_ok("load", changed, "--warehouse", warehouse)
        result = self.run_emc2("snapshot", "hash", "--warehouse", warehouse, "--compare", os.path.join(changed, "hashes.json"))
        self.assertEqual(result.returncode, CORRUPT, result.stderr)
        self.assertEqual(result.stdout.count("differs"), 1)
        self.assertIn("observation differs", result.stdout)

    def test_what_is_no_list_of_hashes_is_refused(self):
        result = self.run_emc2("snapshot", "hash", "--warehouse", self.first, "--compare", os.path.join(self.exports["csv"], "ddl.sql"))
        self.assertEqual(result.returncode, INVALID_INPUT, result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
