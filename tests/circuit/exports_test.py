#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Exports that must not leave: exports_test.py PATH/TO/emc2 PATH/TO/circuit_look

Each is refused whole by check, blind and pack, with its own reason, the file and the line where there is one, and no value; nothing is written."""
import gzip
import json
import os
import re
import shutil
import sys
import unittest

from bodies import World

EMC2, LOOK = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
REFUSED = (2, 3, 5, 6, 9)  # invalid argument, invalid input, not found, input or output, limit
NIR = "255081416802538"


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world = World(EMC2, LOOK)
        cls.addClassCleanup(world.close)
        world.run("synthesise", "--exports", "--persons", 60, "--seed", 7, "--out", world.path("pop"), opens=False)
        world.warehouse("house")
        world.authority("authority")
        cls.good = {}
        for holder in ("val-brume", "sainte-aubaine", "pont-seraphin", "claims"):
            world.centre(holder)
            world.join(holder, "house", "authority")
            cls.good[holder] = world.path("pop/holders/" + holder)
            world.blind(holder, cls.good[holder], holder)
            world.evaluate("authority", holder)
            world.finish(holder, holder)

    def made(self, holder, name):
        path = self.world.path(name)
        shutil.copytree(self.good[holder], path)
        return path

    def bytes_of(self, path):
        with open(path, "rb") as file:
            return file.read()

    def put(self, path, data):
        with open(path, "wb") as file:
            file.write(data)

    def line(self, path, number, change):
        """The line (from 1) of a file, changed."""
        lines = self.bytes_of(path).split(b"\n")
        lines[number - 1] = change(lines[number - 1])
        self.put(path, b"\n".join(lines))

    def inventory(self, holder):
        top = self.world.path(holder)
        return sorted((os.path.join(folder, name), os.stat(os.path.join(folder, name)).st_mtime_ns)
                      for folder, _, names in os.walk(top) for name in names)

    def refused(self, holder, export, *words, secrets=(), steps=("check", "blind", "pack")):
        """words: what each refusal says, in any case."""
        before, outside = self.inventory(holder), sorted(os.listdir(self.world.root))
        for step in steps:
            options = [] if step == "check" else ["--out", self.world.path("never")]
            done = self.world.run("centre", step, export, "--centre", self.world.path(holder), *options, expected=None)
            said = done.stdout + done.stderr
            self.assertIn(done.returncode, REFUSED, f"{step}: {said}")
            for word in words:
                self.assertIn(word.lower(), said.lower(), step)
            for secret in (NIR, *secrets):
                self.assertNotIn(secret, said, step)
            self.assertEqual(self.inventory(holder), before, step)
            self.assertEqual(sorted(os.listdir(self.world.root)), outside, step)

    # ---- files that are broken
    def test_gzip_cut_short(self):
        export = self.made("val-brume", "cut")
        packed = gzip.compress(self.bytes_of(export + "/Condition.ndjson"))
        os.remove(export + "/Condition.ndjson")
        self.put(export + "/Condition.ndjson.gz", packed[:len(packed) * 2 // 3])
        self.refused("val-brume", export, "Condition.ndjson.gz")

    def test_gzip_that_swells(self):
        export = self.made("val-brume", "bomb")
        os.remove(export + "/Condition.ndjson")
        self.put(export + "/Condition.ndjson.gz", gzip.compress(b" " * (1 << 28), 9))
        self.refused("val-brume", export, "Condition.ndjson.gz")

    def test_no_utf8(self):
        export = self.made("val-brume", "utf8-fhir")
        self.line(export + "/Condition.ndjson", 3, lambda line: line.replace(b'"S934"', b'"S\xff34"').replace(b'"code":"', b'"code":"\xff', 1))
        self.refused("val-brume", export, "Condition.ndjson", "3")
        export = self.made("sainte-aubaine", "utf8-omop")
        self.line(export + "/condition_occurrence.csv", 2, lambda line: line + b"\xc3\x28")
        self.refused("sainte-aubaine", export, "condition_occurrence.csv", "2")

    def test_line_too_long(self):
        export = self.made("val-brume", "long")
        self.line(export + "/Condition.ndjson", 2, lambda line: b'{"resourceType":"Condition","id":"' + b"x" * (65 << 20) + b'"}')
        self.refused("val-brume", export, "Condition.ndjson", "2")

    def test_cut_line(self):
        export = self.made("val-brume", "cut-line")
        self.line(export + "/Encounter.ndjson", 4, lambda line: line[:len(line) // 2])
        self.refused("val-brume", export, "Encounter.ndjson", "4")

    def test_wrong_header(self):
        for holder, name, old, new in (("sainte-aubaine", "person.csv", b"person_id", b"person_no"),
                                       ("pont-seraphin", "patient.csv", b"patient_id", b"patient_no"),
                                       ("claims", "IR_BEN_R.csv", b"BEN_NIR_PSA", b"BEN_NIR_PSB")):
            with self.subTest(name):
                export = self.made(holder, "header-" + holder)
                self.line(os.path.join(export, name), 1, lambda line: line.replace(old, new))
                self.refused(holder, export, name.split(".")[0])

    def test_year_9999(self):
        """Found after reading, so by table and record, as the warehouse would find it."""
        for holder, name in (("sainte-aubaine", "visit_occurrence.csv"), ("val-brume", "Encounter.ndjson"), ("pont-seraphin", "donnees_pmsi.csv")):
            with self.subTest(holder):
                export = self.made(holder, "year-" + holder)
                self.line(os.path.join(export, name), 2, replace_year)
                self.refused(holder, export, "too far ahead", steps=("check", "pack"))

    def test_born_tomorrow(self):
        export = self.made("sainte-aubaine", "born")
        self.line(export + "/person.csv", 2, lambda line: re.sub(rb"^([0-9]+,[0-9]+),[0-9]{4}", rb"\1,2150", line))
        self.refused("sainte-aubaine", export, "person", "nobody can be born", steps=("check", "pack"))

    # ---- texts that must not leave
    def test_identity_in_a_text(self):
        export = self.made("val-brume", "nir-fhir")
        self.line(export + "/Observation.ndjson", 1, lambda line: quantity_to_text(line, "vu le patient " + NIR))
        self.refused("val-brume", export, "NIR", steps=("check", "pack"))
        export = self.made("pont-seraphin", "nir-flat")
        self.line(export + "/biologie.csv", 2, lambda line: change_field(line, 3, NIR))
        self.refused("pont-seraphin", export, "NIR", "value", steps=("check", "pack"))

    def test_document_in_a_field(self):
        export = self.made("val-brume", "pdf")
        self.line(export + "/Observation.ndjson", 1, lambda line: quantity_to_text(line, "JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PC9UeXBlL0NhdGFsb2c+Pg=="))
        self.refused("val-brume", export, "document", steps=("check", "pack"))

    # ---- what is no export
    def test_no_export(self):
        os.mkdir(self.world.path("nothing"))
        self.refused("val-brume", self.world.path("nothing"))
        self.refused("val-brume", self.world.path("absent"))
        export = self.made("val-brume", "two")
        for name in os.listdir(self.good["claims"]):
            shutil.copy(os.path.join(self.good["claims"], name), export)
        self.refused("val-brume", export, "fhir", "snds")

    def test_unreadable(self):
        export = self.made("val-brume", "locked")
        os.remove(export + "/Condition.ndjson")
        os.symlink("/nowhere/at/all", export + "/Condition.ndjson")
        self.refused("val-brume", export, "Condition.ndjson")
        export = self.made("sainte-aubaine", "folder")
        os.remove(export + "/death.csv")
        os.mkdir(export + "/death.csv")
        done = self.world.run("centre", "check", export, "--centre", self.world.path("sainte-aubaine"), expected=None)
        self.assertNotIn("death  ", done.stdout)
        if os.geteuid() != 0:
            export = self.made("sainte-aubaine", "mode")
            os.chmod(export + "/measurement.csv", 0)
            self.refused("sainte-aubaine", export, "measurement.csv")

    def test_the_good_ones_leave(self):
        for holder, export in self.good.items():
            self.world.run("centre", "check", export, "--centre", self.world.path(holder))


def replace_year(line):
    return re.sub(rb"(?<![0-9])20[0-9]{2}(-[0-9]{2}-[0-9]{2})", rb"9999\1", line)


def change_field(line, at, value):
    fields = line.split(b",")
    fields[at] = value.encode()
    return b",".join(fields)


def quantity_to_text(line, text):
    observation = json.loads(line)
    observation.pop("valueQuantity", None)
    observation.pop("valueCodeableConcept", None)
    observation["valueString"] = text
    return json.dumps(observation).encode()


if __name__ == "__main__":
    unittest.main()
