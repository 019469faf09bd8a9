#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The whole journey through the program, as its users and its host would go it: journey_test.py PATH/TO/emc2

A population is made, loaded, asked, exported, verified; then the store is attacked: killed at every fault point of a load, every file
changed, cut and taken away, and searched for strings that must not be readable. Uses nothing but the program and Python's library."""
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

EMC2 = os.path.abspath(sys.argv.pop(1))
EXAMPLE = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "cohorts", "treated_myeloma.json")
CORRUPT, INVALID_INPUT, EXISTS, NOT_FOUND = 8, 3, 6, 5


class Journey(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-journey-")
        cls.passphrase = os.path.join(cls.root, "passphrase")
        with open(cls.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(cls.passphrase, 0o600)
        cls.population = cls.path("population")
        cls.warehouse = cls.path("warehouse")
        cls.run_ok("synthesise", "--persons", "3000", "--seed", "42", "--out", cls.population)
        cls.run_ok("init", "--warehouse", cls.warehouse)
        cls.run_ok("load", cls.population, "--warehouse", cls.warehouse)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    @classmethod
    def path(cls, *parts):
        return os.path.join(cls.root, *parts)

    @classmethod
    def run_emc2(cls, *arguments, fault=None, trace=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EMC2_")}
        if fault:
            environment["EMC2_FAULT"] = fault
        if trace:
            environment["EMC2_FAULT_TRACE"] = trace
        command = [EMC2, *arguments, "--quiet"]
        if arguments[0] not in ("synthesise", "version"):
            command += ["--passphrase-file", cls.passphrase]
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)

    @classmethod
    def run_ok(cls, *arguments):
        result = cls.run_emc2(*arguments)
        assert result.returncode == 0, f"emc2 {' '.join(arguments)}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def copy_of_warehouse(self, name):
        target = self.path(name)
        shutil.copytree(self.warehouse, target)
        self.addCleanup(shutil.rmtree, target)
        return target

    def files_of(self, warehouse):
        found = [os.path.join(folder, name) for folder, _, names in os.walk(warehouse) for name in names]
        return sorted(path for path in found if os.path.basename(path) != "lock")

    def files_of_store(self, warehouse):
        """All but the log, which grows with each command: test_changed_log_is_found, tests/ledger."""
        return [path for path in self.files_of(warehouse) if f"{os.sep}ledger{os.sep}" not in path and f"{os.sep}openings{os.sep}" not in path]

    def rows_of(self, table):
        with open(os.path.join(self.population, f"{table}.csv"), encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.reader(file)) - 1

    def test_status_counts_every_row(self):
        tables = json.loads(self.run_ok("status", "--json", "--warehouse", self.warehouse))["tables"]
        for table in ("person", "visit_occurrence", "condition_occurrence", "drug_exposure", "measurement", "death", "care_site"):
            self.assertEqual(tables[table], self.rows_of(table), table)

    def test_snapshot_is_whole(self):
        self.assertIn("whole", self.run_ok("snapshot", "verify", "--warehouse", self.warehouse))
        absent = self.run_emc2("snapshot", "verify", "--warehouse", self.warehouse, "--snapshot", "99")
        self.assertEqual((absent.returncode, absent.stdout), (NOT_FOUND, ""))

    def test_threads_do_not_change_a_byte(self):
        outputs = set()
        for threads in ("1", "2", "7"):
            out = self.path(f"rows-{threads}.csv")
            self.run_ok("cohort", "run", EXAMPLE, "--warehouse", self.warehouse, "--threads", threads, "--out", out)
            with open(out, "rb") as file:
                outputs.add(file.read())
        self.assertEqual(len(outputs), 1)

    def test_nothing_planted_is_readable(self):
        with open(os.path.join(self.population, "truth", "planted_strings.txt"), "rb") as file:
            planted = [line for line in file.read().split(b"\n") if line]
        codes = {b"C900", b"I639", b"J06", b"10*3/uL", b"condition_occurrence", b"Multiple myeloma"}
        self.assertGreater(len(planted), 10)
        for path in self.files_of(self.warehouse):
            with open(path, "rb") as file:
                content = file.read()
            for text in planted + sorted(code for code in codes if len(code) > 5):
                self.assertNotIn(text, content, f"{text!r} is readable in {path}")

    def test_changed_bytes_are_found_and_named(self):
        warehouse = self.copy_of_warehouse("changed")
        pick = random.Random(7)
        for path in self.files_of_store(warehouse):
            size = os.path.getsize(path)
            for position in sorted({0, 4, size // 2, size - 1, pick.randrange(size), pick.randrange(size)}):
                with open(path, "r+b") as file:
                    file.seek(position)
                    byte = file.read(1)
                    file.seek(position)
                    file.write(bytes([byte[0] ^ 0x20]))
                result = self.run_emc2("snapshot", "verify", "--warehouse", warehouse)
                self.assertNotEqual(result.returncode, 0, f"byte {position} of {path} changed unseen")
                self.assertIn(os.path.basename(path), result.stdout + result.stderr, f"byte {position} of {path} found, but not named")
                with open(path, "r+b") as file:
                    file.seek(position)
                    file.write(byte)
        self.assertEqual(self.run_emc2("snapshot", "verify", "--warehouse", warehouse).returncode, 0)

    def test_changed_log_is_found(self):
        """Any byte of what the log consists of now; older partial tiles are nothing to anybody any more."""
        def current(warehouse):
            found = []
            for part in ("tile/0", "tile/entries"):
                folder = os.path.join(warehouse, "ledger", *part.split("/"), "000.p")
                found.append(os.path.join(folder, max(os.listdir(folder), key=int)))
            return [os.path.join(warehouse, "ledger", name) for name in ("checkpoint", "log.vkey")] + found + [
                os.path.join(warehouse, "openings", "00000000.openings")]

        self.run_ok("cohort", "count", EXAMPLE, "--warehouse", self.warehouse)
        for number in range(len(current(self.warehouse))):
            for position in (0, 0.5, 1):
                warehouse = self.copy_of_warehouse(f"log-{number}-{position}")
                # The verification itself enters its grant before it looks, and so rewrites the newest tiles from what it has read.
                path = current(warehouse)[number]
                with open(path, "r+b") as file:
                    at = int(position * (os.path.getsize(path) - 1))
                    file.seek(at)
                    byte = file.read(1)
                    file.seek(at)
                    file.write(bytes([byte[0] ^ 0x01]))
                result = self.run_emc2("snapshot", "verify", "--warehouse", warehouse)
                self.assertNotEqual(result.returncode, 0, f"byte {at} of {path} changed unseen")

    def test_cut_missing_and_swapped_files_are_found(self):
        warehouse = self.copy_of_warehouse("cut")
        segments = [path for path in self.files_of(warehouse) if "segments" in path]
        self.assertGreaterEqual(len(segments), 2)
        for path in self.files_of_store(warehouse):
            with open(path, "rb") as file:
                whole = file.read()
            for damaged in (whole[:-1], whole[: len(whole) // 2], b"", None):
                if damaged is None:
                    os.remove(path)
                else:
                    with open(path, "wb") as file:
                        file.write(damaged)
                result = self.run_emc2("snapshot", "verify", "--warehouse", warehouse)
                self.assertNotEqual(result.returncode, 0, f"{path} damaged unseen")
                with open(path, "wb") as file:
                    file.write(whole)
                os.chmod(path, 0o600)
        first, second = segments[:2]
        os.rename(first, first + ".held")
        os.rename(second, first)
        os.rename(first + ".held", second)
        self.assertEqual(self.run_emc2("snapshot", "verify", "--warehouse", warehouse).returncode, CORRUPT)

    def test_killed_at_every_fault_point(self):
        """Kill -9 at every write, rename and fsync of a load: the snapshot of before opens and verifies, and the next load succeeds."""
        small = self.path("small")
        self.run_ok("synthesise", "--persons", "150", "--seed", "5", "--out", small)
        base = self.path("crash-base")
        self.run_ok("init", "--warehouse", base)
        self.run_ok("load", small, "--warehouse", base)
        dry = self.path("crash-dry")
        trace = os.path.join(dry, "trace")  # where the sandbox of a load lets it write
        shutil.copytree(base, dry)
        self.assertEqual(self.run_emc2("load", small, "--replace", "--warehouse", dry, trace=trace).returncode, 0)
        with open(trace, encoding="utf-8") as file:
            passages = len(file.read().split("\n")) - 1
        self.assertGreater(passages, 10)
        survived = 0
        for passage in range(1, passages + 1):
            warehouse = self.path(f"crash-{passage}")
            shutil.copytree(base, warehouse)
            result = self.run_emc2("load", small, "--replace", "--warehouse", warehouse, fault=f"*:{passage}")
            self.assertEqual(result.returncode, -signal.SIGKILL, f"passage {passage} of {passages} did not kill: {result.stderr}")
            snapshots = json.loads(self.run_ok("snapshot", "list", "--json", "--warehouse", warehouse))
            self.assertIn(len(snapshots), (1, 2))
            survived += len(snapshots) == 1
            self.run_ok("snapshot", "verify", "--warehouse", warehouse, "--snapshot", "1")
            if passage % 7 == 0:
                self.run_ok("load", small, "--replace", "--warehouse", warehouse)
                self.run_ok("snapshot", "verify", "--warehouse", warehouse)
            shutil.rmtree(warehouse)
        self.assertGreater(survived, passages // 2)

    def test_full_disk_leaves_the_store_as_it_was(self):
        small = self.path("small-disk")
        self.run_ok("synthesise", "--persons", "100", "--seed", "6", "--out", small)
        warehouse = self.copy_of_warehouse("disk")
        for passage in (1, 3, 5, 9):
            result = self.run_emc2("load", small, "--replace", "--warehouse", warehouse, fault=f"*:{passage}:error")
            self.assertNotEqual(result.returncode, 0)
            self.assertNotIn("Sanitizer", result.stderr)
            self.assertEqual(len(json.loads(self.run_ok("snapshot", "list", "--json", "--warehouse", warehouse))), 1)
        self.run_ok("snapshot", "verify", "--warehouse", warehouse)

    def test_persons_twice_are_refused(self):
        warehouse = self.copy_of_warehouse("twice")
        result = self.run_emc2("load", self.population, "--warehouse", warehouse)
        self.assertEqual(result.returncode, EXISTS, result.stderr)
        self.assertEqual(len(json.loads(self.run_ok("snapshot", "list", "--json", "--warehouse", warehouse))), 1)

    def test_wrong_values_are_named_by_file_line_and_field(self):
        broken = self.path("broken")
        shutil.copytree(self.population, broken)
        path = os.path.join(broken, "condition_occurrence.csv")
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        fields = lines[0].split(",")
        values = lines[41].split(",")
        values[fields.index("condition_start_date")] = "SECRETVALUE"
        lines[41] = ",".join(values)
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        warehouse = self.path("broken-warehouse")
        self.run_ok("init", "--warehouse", warehouse)
        result = self.run_emc2("load", broken, "--warehouse", warehouse)
        said = result.stdout + result.stderr
        self.assertEqual(result.returncode, INVALID_INPUT, said)
        self.assertIn("condition_occurrence.csv", said)
        self.assertIn("42", said)
        self.assertIn("condition_start_date", said)
        self.assertNotIn("SECRETVALUE", said)
        self.assertEqual(json.loads(self.run_ok("snapshot", "list", "--json", "--warehouse", warehouse)), [])

    def test_wrong_passphrase_and_open_passphrase_file(self):
        other = self.path("other-passphrase")
        with open(other, "w", encoding="utf-8") as file:
            file.write("not the right words at all\n")
        os.chmod(other, 0o600)
        command = [EMC2, "status", "--warehouse", self.warehouse, "--passphrase-file", other]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("passphrase", result.stderr)
        os.chmod(other, 0o644)
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(result.returncode, 7, result.stderr)

    def test_unknown_construct_is_refused_by_path(self):
        with open(EXAMPLE, encoding="utf-8") as file:
            definition = json.load(file)
        definition["PrimaryCriteria"]["CriteriaList"].append({"LocationRegion": {"CodesetId": 0}})
        path = self.path("refused.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(definition, file)
        result = self.run_emc2("cohort", "count", path, "--warehouse", self.warehouse)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("PrimaryCriteria.CriteriaList[1]", result.stdout + result.stderr)

    def test_export_equals_source(self):
        out = self.path("export")
        self.run_ok("export", "--format", "csv", "--out", out, "--warehouse", self.warehouse)
        for table in ("person", "condition_occurrence", "measurement", "care_site", "death"):
            source, exported = [self.multiset(os.path.join(folder, f"{table}.csv"), table) for folder in (self.population, out)]
            self.assertTrue(source == exported, f"{table} differs from its source")

    def multiset(self, path, table):
        with open(os.path.join(self.population, f"{table}.csv"), encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        with open(path, encoding="utf-8", newline="") as file:
            return sorted(tuple(self.value(column, row[column]) for column in columns) for row in csv.DictReader(file))

    @staticmethod
    def value(column, text):
        """90.0 and 90 are one number."""
        return repr(float(text)) if text and column in ("value_as_number", "range_low", "range_high") else text


if __name__ == "__main__":
    unittest.main(verbosity=2)
