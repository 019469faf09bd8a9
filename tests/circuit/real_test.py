#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Real and published exports through the circuit: real_test.py PATH/TO/emc2 PATH/TO/circuit_look [directory of the shared data]

The demo of MIMIC-IV on FHIR, from check to a snapshot, with every resource accounted for; the synthetic SNDS of the DREES through check. Exit code 77
where neither is at hand. The published traps of MIMIC: all MedicationRequests are orders (none is a drug given; administrations and dispenses are),
no Condition has a date of its own (the stay's is taken), no Encounter is marked as in-patient (stays over a night are)."""
import collections
import csv
import gzip
import json
import os
import re
import subprocess
import sys
import unittest

from bodies import World

EMC2, LOOK = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
DATA = sys.argv.pop(1) if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]) else os.environ.get("EMC2_DATA", os.path.join("..", "shared", "data"))
MIMIC = os.path.abspath(os.path.join(DATA, "fhir", "mimic-iv-demo-on-fhir-2.1.0", "fhir"))
MAPS = os.path.abspath(os.path.join(DATA, "omop", "ohdsi_mimic_custom_mapping"))
SNDS = os.path.abspath(os.path.join(DATA, "snds", "synthetic-snds"))
D_ITEMS = "LOCAL:http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-d-items"


def resources(directory):
    """Resources by type, counted without the reader."""
    counts = collections.Counter()
    for name in os.listdir(directory):
        if name.endswith(".ndjson.gz"):
            with gzip.open(os.path.join(directory, name), "rt", encoding="utf-8") as file:
                for line in file:
                    counts[json.loads(line)["resourceType"]] += 1
    return counts


def places(text):
    """What a tally says: place -> (seen, taken, left by all reasons)."""
    found, place = {}, None
    for line in text.splitlines():
        line = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3}\b)", "", line)
        row = re.match(r"  ([A-Za-z]\S*) +(\d+) +(\d+)$", line)
        left = re.match(r" {30,}(\d+) \S", line)
        if row:
            place = row.group(1)
            found[place] = [int(row.group(2)), int(row.group(3)), 0]
        elif left and place:
            found[place][2] += int(left.group(1))
    return found


class Real(unittest.TestCase):
    def setUp(self):
        self.world = World(EMC2, LOOK)
        self.addCleanup(self.world.close)

    def shout(self, *words):
        """A command with all that it says."""
        done = subprocess.run([EMC2, *words, "--passphrase-file", self.world.passphrase], capture_output=True, text=True, check=False, timeout=600)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    @unittest.skipUnless(os.path.isdir(MIMIC), "mimic-iv-demo-on-fhir-2.1.0 is not here")
    def test_mimic(self):
        world = self.world
        world.warehouse("house")
        world.authority("authority")
        world.centre("mimic")
        world.join("mimic", "house", "authority")
        ahead = ["--settings", world.write("settings", "delivery_days_ahead = 100000\n")]  # its days are shifted
        done = world.run("centre", "check", MIMIC, "--centre", world.path("mimic"), expected=3)
        self.assertIn("too far ahead", done.stdout)
        said = places(self.shout("centre", "check", MIMIC, "--centre", world.path("mimic"), *ahead))
        for resource, count in resources(MIMIC).items():
            seen, taken, left = said[resource]
            self.assertEqual(seen, count, resource)
            if resource != "Observation":  # of one with components each is a record
                self.assertEqual(taken + left, seen, resource)
        self.assertEqual(said["MedicationRequest"][1], 0)
        self.assertEqual(said["Condition"][1], 5051)
        self.assertEqual(said["Patient"][1], 100)
        world.blind("mimic", MIMIC, "mimic")
        world.evaluate("authority", "mimic")
        world.finish("mimic", "mimic")
        world.pack("mimic", MIMIC, "mimic", "--full", *ahead)
        refused = world.run("load", world.path("mimic.delivery"), "--warehouse", world.path("house"), expected=3)
        self.assertIn("too far ahead", refused.stdout)
        world.run("load", world.path("mimic.delivery"), "--warehouse", world.path("house"), *ahead)
        rows = world.read_json("house/receipts/mimic-1.json")["rows"]
        self.assertEqual(rows["drug"], said["MedicationAdministration"][1] + said["MedicationDispense"][1])
        self.assertEqual(rows["measurement"] + rows["observation"], said["Observation"][1] + said["Observation.component"][1])
        self.assertEqual((rows["person"], rows["condition"], rows["death"]), (100, 5051, 31))
        self.assembled(ahead, rows)

    def assembled(self, ahead, rows):
        world = self.world
        plain = json.loads(world.run("assemble", "--json", "--warehouse", world.path("house"), *ahead).stdout)
        tables = {table["table"]: table for table in plain["assembly"]["tables"]}
        for table in tables.values():
            self.assertEqual(table["on_shelves"], table["stored"] + sum(table["dropped"].values()), table["table"])
        for name, count in (("person", 100), ("condition_occurrence", 5051), ("drug_exposure", rows["drug"]), ("death", 31),
                            ("procedure_occurrence", rows["procedure"])):
            self.assertEqual(tables[name]["stored"], count, name)
        self.assertEqual(tables["visit_occurrence"]["stored"] + tables["visit_detail"]["stored"], rows["visit"])
        out = world.path("out")
        world.run("export", "--format", "csv", "--out", out, "--warehouse", world.path("house"))
        with open(out + "/visit_occurrence.csv", encoding="utf-8", newline="") as file:
            classes = collections.Counter(row["visit_concept_id"] for row in csv.DictReader(file))
        self.assertGreater(classes["9201"] + classes["262"], 100)  # in-patient, with or without an emergency
        with open(out + "/condition_occurrence.csv", encoding="utf-8", newline="") as file:
            self.assertTrue(all(row["condition_start_date"] >= "2100" for row in csv.DictReader(file)))
        if os.path.isdir(MAPS):
            self.mapped(ahead, out)

    def mapped(self, ahead, out):
        """The published mapping of output events, under the name that this export gives to its codes."""
        world, targets = self.world, {}
        with open(os.path.join(MAPS, "gcpt_outputevents.csv"), encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                targets[row["concept_code"]] = row["target_concept_id"]
        lines = [f"{code},{D_ITEMS},{target}" for code, target in targets.items() if target != "0"]
        path = world.write("maps.csv", "source_code,source_vocabulary_id,target_concept_id\n" + "\n".join(lines) + "\n")
        world.run("load", world.path("mimic.delivery"), "--warehouse", world.path("house"), *ahead, expected=7)  # once is enough
        world.warehouse("mapped")
        centre = world.copy("mimic", "mimic-2")
        os.remove(world.path(centre + "/sequence"))
        world.join("mimic", "mapped", "authority", centre=centre, replace=["--replace"])
        world.pack(centre, MIMIC, "mapped", "--full", *ahead)
        world.run("load", world.path("mapped.delivery"), "--warehouse", world.path("mapped"), *ahead)
        world.assemble("mapped", path, *ahead)
        world.run("export", "--format", "csv", "--out", world.path("out-2"), "--warehouse", world.path("mapped"))
        counts = []
        for directory in (out, world.path("out-2")):
            found = collections.Counter()
            for name, column in (("measurement", "measurement"), ("observation", "observation")):
                with open(f"{directory}/{name}.csv", encoding="utf-8", newline="") as file:
                    for row in csv.DictReader(file):
                        code = row[column + "_source_value"].rsplit(":", 1)[-1].rsplit(" ", 1)[-1]
                        if code in targets:
                            found[row[column + "_concept_id"] == targets[code]] += 1
            counts.append(found)
        print("MIMIC, codes of output events (mapped, not):", [(found[True], found[False]) for found in counts], file=sys.stderr)
        self.assertGreater(counts[1][True], counts[0][True])

    @unittest.skipUnless(os.path.isdir(SNDS), "synthetic-snds is not here")
    def test_snds(self):
        world = self.world
        world.centre("claims")
        done = world.run("centre", "check", SNDS, "--centre", world.path("claims"), expected=3)
        self.assertRegex(done.stdout, "person:[0-9]+ birth_year")  # one of its persons is born in 2028
        ahead = world.write("settings", "delivery_days_ahead = 100000\n")
        said = self.shout("centre", "check", SNDS, "--centre", world.path("claims"), "--settings", ahead)
        tally = places(said)
        self.assertGreater(len(tally), 100)
        for place, (seen, taken, left) in tally.items():
            if "." not in place and seen:
                self.assertGreaterEqual(taken + left, 1, place)
                self.assertLessEqual(left, seen, place)
        self.assertEqual(tally["IR_BEN_R"][0], tally["IR_BEN_R"][1] + tally["IR_BEN_R"][2])
        self.assertIn("there is no list of identities", said)
        self.assertRegex(said, r"person +10 records, 10 would leave")


if __name__ == "__main__":
    if not os.path.isdir(MIMIC) and not os.path.isdir(SNDS):
        print("neither mimic-iv-demo-on-fhir-2.1.0 nor synthetic-snds is here")
        sys.exit(77)
    unittest.main()
