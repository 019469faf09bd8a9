#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The compelled-disclosure drill, on everything that a host would have: disclosure_test.py PATH/TO/emc2

The same population is loaded into two warehouses, backed up and worked with; the logs of all commands are kept. The drill over all of it has 0
findings. Then one leak of each kind is planted, and each must be found and named by its file, without a word of what was planted."""
import base64
import csv
import gzip
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from datetime import date

EMC2 = os.path.abspath(sys.argv.pop(1))
EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "cohorts", "treated_myeloma.json")
CORRUPT, INVALID_ARGUMENT = 8, 2
WITHOUT_PASSPHRASE = ("synthesise", "backup", "restore", "key", "drill")


class Disclosure(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-drill-")
        cls.passphrase, cls.population, cls.host = cls.path("passphrase"), cls.path("population"), cls.path("host")
        cls.log = cls.path("host", "emc2.log")
        os.mkdir(cls.host)
        with open(cls.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(cls.passphrase, 0o600)
        cls.run_ok("synthesise", "--persons", "1200", "--seed", "42", "--out", cls.population)
        for name in ("first", "second"):
            warehouse = cls.path("host", name)
            cls.run_ok("init", "--warehouse", warehouse)
            cls.run_ok("load", cls.population, "--warehouse", warehouse)
            cls.run_ok("snapshot", "verify", "--warehouse", warehouse)
            cls.run_ok("cohort", "count", EXAMPLE, "--warehouse", warehouse)
            cls.run_emc2("load", cls.population, "--warehouse", warehouse)  # refused: its reasons are in the log
        cls.run_ok("backup", "--warehouse", cls.path("host", "first"), "--to", cls.path("host", "backup"))
        # The first warehouse goes to custodians, 3 of 5; two of them are made to speak, and then a third.
        names = ("alice", "bruno", "chloe", "driss", "elena")
        os.mkdir(cls.path("people"))
        for name in names:
            secret = cls.path("people", f"{name}.passphrase")
            with open(secret, "w", encoding="utf-8") as file:
                file.write(f"five unrelated words of {name}\n")
            os.chmod(secret, 0o600)
            cls.run_ok("key", "custodian", "new", "--name", name, "--out", cls.path("people", f"{name}.custodian"), "--passphrase-file", secret)
        cls.run_ok("key", "ceremony", *(cls.path("people", f"{name}.custodian.pub") for name in names), "--threshold", "3", "--out",
                   cls.path("ceremony"), "--warehouse", cls.path("host", "first"), "--passphrase-file", cls.passphrase)
        cls.shares, cls.enough = cls.gather("two", names[1:3]), cls.gather("three", names[1:4])

    @classmethod
    def gather(cls, folder, names):
        os.mkdir(cls.path(folder))
        for name in names:
            shutil.copy(cls.path("ceremony", f"{name}.share"), cls.path(folder))
            for kind in ("custodian", "passphrase"):
                shutil.copy(cls.path("people", f"{name}.{kind}"), cls.path(folder))
        return cls.path(folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    @classmethod
    def path(cls, *parts):
        return os.path.join(cls.root, *parts)

    @classmethod
    def run_emc2(cls, *arguments):
        command = [EMC2, *arguments, *(() if arguments[0] in WITHOUT_PASSPHRASE else ("--passphrase-file", cls.passphrase))]
        result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if arguments[0] != "drill":
            with open(cls.log, "a", encoding="utf-8") as file:  # what a service would keep: the errors and the progress, not the results
                file.write(result.stderr)
        return result

    @classmethod
    def run_ok(cls, *arguments):
        result = cls.run_emc2(*arguments)
        assert result.returncode == 0, f"emc2 {' '.join(arguments)}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def drill(self, *more):
        return self.run_emc2("drill", "disclosure", self.host, "--truth", self.population, "--quiet", *more)

    def column(self, table, name, row=0):
        with open(os.path.join(self.population, table), encoding="utf-8", newline="") as file:
            for at, record in enumerate(csv.DictReader(file)):
                if at == row:
                    return record[name]
        raise ValueError(table)

    def test_the_host_has_nothing(self):
        result = self.drill("--json", "--shares", self.shares)
        report = json.loads(result.stdout)
        self.assertEqual((result.returncode, report["found"], report["findings"]), (0, [], 0), result.stdout + result.stderr)
        self.assertGreater(report["planted"], 1000)
        self.assertGreater(report["windows"], 100000)
        self.assertGreater(report["sealed_files"], 8)
        self.assertGreater(report["sealed_copies"], 2)
        self.assertGreater(report["blocks"], 10000)
        self.assertGreater(report["noise_tested"], 5)
        # every key is tried on each sealed file that is no copy, and on the tables of keys of both warehouses
        self.assertEqual(report["trials"], report["keys"] * (report["sealed_files"] - report["sealed_copies"] + 2))
        self.assertLess(abs(report["chance_seen"] - report["chance_expected"]), 20 + 6 * report["chance_expected"] ** 0.5)
        print(f"\n{self.drill('--shares', self.shares).stdout}", end="")

    def test_the_drill_would_see_a_share_too_many(self):
        result = self.drill("--shares", self.enough)
        self.assertEqual(result.returncode, CORRUPT, result.stdout + result.stderr)
        self.assertIn("keys/table", result.stdout)

    def leaks(self):
        """name: (bytes, words of the finding, the secret in it)"""
        person = self.column("person.csv", "person_source_value", 7)
        code = self.column("condition_occurrence.csv", "condition_source_value", 3)
        day = self.column("condition_occurrence.csv", "condition_start_date", 3)
        days = [date.fromisoformat(self.column("condition_occurrence.csv", "condition_start_date", row)).toordinal() - 719163 for row in (1, 2, 3)]
        with open(os.path.join(self.population, "drug_exposure.csv"), "rb") as file:
            row = file.read().split(b"\n")[9]
        yield "a name", f"patient {person} admitted\n".encode(), "the name of person.csv:9 as it is", person
        yield "a code", f'{{"code": "{code}"}}\n'.encode(), "the code of condition_occurrence.csv:", code
        yield "a date", f"on {day}\n".encode(), "the date of condition_occurrence.csv:", day
        yield "a label", "Montclair-sur-Ondre".encode("utf-16-le"), "as UTF-16LE", "Montclair"
        yield "base64", base64.b64encode(b"x" + person.encode() + b" and more"), "in base64", person
        yield "hexadecimal", person.encode().hex().encode(), "in hexadecimal", person
        yield "gzip", gzip.compress(f"id,code\n{person},{code}\n".encode() * 50), "inside gzip", person
        yield "zlib in noise", os.urandom(5000) + zlib.compress(person.encode() * 3) + os.urandom(5000), "inside zlib", person
        yield "a name in noise", os.urandom(5000) + person.encode() + os.urandom(5000), "as it is", person
        yield "day numbers", os.urandom(5000) + struct.pack("<3i", *days) + os.urandom(5000), "as day numbers", day
        yield "a row", os.urandom(5000) + row + os.urandom(5000), "bytes of the source data as they are", row.decode()

    def test_each_planted_leak_is_found_and_named(self):
        kinds = 0
        leak = self.path("host", "first", "leak.bin")
        for name, content, words, secret in self.leaks():
            with open(leak, "wb") as file:
                file.write(content)
            result = self.drill()
            os.remove(leak)
            self.assertEqual(result.returncode, CORRUPT, f"{name}: {result.stdout}{result.stderr}")
            found = [line for line in result.stdout.split("\n") if line.startswith("FOUND")]
            self.assertTrue(found and all("first/leak.bin:" in line for line in found), f"{name}: {found}")
            self.assertTrue(any(words in line for line in found), f"{name}: {found}")
            self.assertNotIn(secret, result.stdout + result.stderr, name)
            kinds += 1
        self.assertGreaterEqual(kinds, 11)

    def segments(self, warehouse):
        folder = self.path("host", warehouse, "segments")
        return sorted((os.path.join(folder, name) for name in os.listdir(folder)), key=os.path.getsize)

    def changed(self, path, change):
        """The drill's findings after a change to a file, which is undone."""
        with open(path, "rb") as file:
            whole = file.read()
        with open(path, "wb") as file:
            file.write(change(whole))
        result = self.drill()
        with open(path, "wb") as file:
            file.write(whole)
        self.assertEqual(result.returncode, CORRUPT, result.stdout)
        return result.stdout

    def test_blocks_and_bytes_unlike_noise_are_found(self):
        first, second = self.segments("first")[-1], self.segments("second")[-1]
        with open(first, "rb") as file:
            block = file.read()[4096:4112]
        said = self.changed(second, lambda whole: whole[:8192] + block + whole[8208:])
        self.assertIn("a block of 16 bytes that is also in", said)
        self.assertIn(os.path.basename(second) + ":8192", said)
        said = self.changed(second, lambda whole: whole[:4096] + bytes(byte & 0x7F for byte in whole[4096:36864]) + whole[36864:])
        self.assertIn("bytes that are not like noise", said)
        said = self.changed(first, lambda whole: whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])  # the backup has it as it was
        self.assertIn("another content under the id of a sealed file", said)

    def test_a_leak_in_a_backup_and_in_the_name_of_a_file(self):
        leak = self.path("host", "backup", "objects", self.column("person.csv", "person_source_value", 3))
        with open(leak, "wb"):
            pass
        result = self.drill()
        os.remove(leak)
        self.assertEqual(result.returncode, CORRUPT)
        self.assertIn("in the name of the file", result.stdout)

    def test_it_says_what_it_needs(self):
        self.assertEqual(self.run_emc2("drill", "disclosure", self.host).returncode, INVALID_ARGUMENT)
        planted = self.path("planted")
        with open(planted, "w", encoding="utf-8") as file:
            file.write("# our own\nname Montclair-sur-Ondre\ndate 2019-04-14\ncount 4171\n")
        leak = self.path("host", "report.json")
        with open(leak, "w", encoding="utf-8") as file:
            file.write('{"cohort": 3, "persons": 4171}\n')
        result = self.run_emc2("drill", "disclosure", self.host, "--planted", planted, "--quiet")
        os.remove(leak)
        self.assertEqual(result.returncode, CORRUPT)
        self.assertIn("report.json:25: the count of planted:4 as it is", result.stdout)
        result = self.run_emc2("drill", "disclosure", self.host, "--planted", planted, "--quiet")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("planted       3 strings", result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
