#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The circuit by its commands: circuit_test.py PATH/TO/emc2 PATH/TO/circuit_look

Five holders in four formats, an authority, a warehouse, and a population with known truth. What each reader takes, what nobody may learn, who
lies and is found, who is one person, which cohorts come out, and what a correction, a full delivery and an objection change."""
import base64
import collections
import csv
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import unittest
import zlib

from bodies import HOLDERS, SOURCE, Needles, World, elements, files_under, leaks

EMC2, LOOK = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
PERSONS, SEED = 1500, 7
INVALID, NOT_FOUND, DENIED = 3, 5, 7


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pairs(persons):
    """Persons by entry -> the pairs of entries that are one person."""
    groups = collections.defaultdict(list)
    for entry, person in persons.items():
        groups[person].append(entry)
    return {(a, b) for group in groups.values() for i, a in enumerate(sorted(group)) for b in sorted(group)[i + 1:]}


def local_id(holder, text):
    """As the reader hashes it: in the SNDS who has no ANO is PSA and rank, each with a bar behind it, the rank in eight bytes."""
    if holder == "claims" and not text.startswith("A"):
        return text[:17].encode() + b"|" + struct.pack("<q", int(text[17:])) + b"|"
    return text.encode()


class Circuit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world = World(EMC2, LOOK)
        cls.addClassCleanup(world.close)
        world.run("synthesise", "--exports", "--persons", PERSONS, "--seed", SEED, "--out", world.path("pop"), opens=False)
        world.warehouse("house")
        world.authority("authority")
        cls.packed = {}
        for holder in HOLDERS:
            world.centre(holder)
            world.join(holder, "house", "authority")
            export = cls.export(holder)
            world.blind(holder, export, holder)
            world.evaluate("authority", holder)
            world.copy(holder, holder + "-asked")  # with the state of the request
            world.finish(holder, holder)
            done = subprocess.run([EMC2, "centre", "pack", export, "--centre", world.path(holder), "--out", world.path(holder + ".delivery"),
                                   "--full", "--passphrase-file", world.passphrase], capture_output=True, text=True, check=True)
            cls.packed[holder] = done.stdout
            world.load("house", holder)
        world.copy("house", "received")
        cls.report = world.assemble("house", world.path("pop/maps.csv"))["assembly"]
        cls.truth = {}
        links = collections.defaultdict(list)
        for row in rows_of(world.path("pop/truth/links.csv")):
            links[row["holder"]].append(row)
        cls.subject_of = {}
        for holder, rows in links.items():
            for row, subject in zip(rows, world.subjects(holder, [local_id(holder, row["local_id"]) for row in rows])):
                cls.truth[holder, subject] = int(row["person"])
                cls.subject_of[holder, row["local_id"]] = subject
        cls.found = world.persons("house")

    @classmethod
    def export(cls, holder):
        return cls.world.path("pop/holders/" + holder)

    # ---- what was taken
    def delivered(self, holder):
        return collections.Counter(self.world.read_json(f"house/receipts/{holder}-1.json")["rows"])

    def taken(self, holder, place):
        """What `centre pack` said that it took of one place of the export."""
        line = next(line for line in self.packed[holder].splitlines() if line.split()[:1] == [place])
        return int(re.sub(r"\D", "", re.split(r" {2,}", line.strip())[2]))

    def claims_records(self, detail, code, quantity):
        """Records that the rows of a claims table make, counted another way than the reader does: one for each person, day and code whose
        quantities do not cancel out."""
        flow = ["FLX_DIS_DTD", "FLX_TRT_DTD", "FLX_EMT_TYP", "FLX_EMT_NUM", "FLX_EMT_ORD", "ORG_CLE_NUM", "DCT_ORD_NUM", "PRS_ORD_NUM",
                "REM_TYP_AFF"]
        owner = {(row["BEN_NIR_PSA"], row["BEN_RNG_GEM"]): row["BEN_NIR_ANO"] or row["BEN_NIR_PSA"] + row["BEN_RNG_GEM"]
                 for row in rows_of(self.export("claims") + "/IR_BEN_R.csv")}
        services = {tuple(row[c] for c in flow): row for row in rows_of(self.export("claims") + "/ER_PRS_F.csv")
                    if row["DPN_QLF"] not in ("71", "72")}
        sums = collections.Counter()
        for row in rows_of(f"{self.export('claims')}/{detail}.csv"):
            service = services.get(tuple(row[c] for c in flow))
            if service:
                group = owner[service["BEN_NIR_PSA"], service["BEN_RNG_GEM"]], service["EXE_SOI_DTD"], row[code]
                sums[group] += float(row[quantity])
        return sum(total > 0 for total in sums.values())

    def test_what_was_taken(self):
        """truth/expected.csv against the receipts. Claims: expected.csv counts live rows; the reader makes one record, with the sum of
        quantities, of rows with the same person, day and code, and has visits, acts and conditions that expected.csv does not count."""
        compared = 0
        for row in rows_of(self.world.path("pop/truth/expected.csv")):
            holder, table, expected = row["holder"], row["table"], int(row["records"])
            got = self.delivered(holder)[table]
            if holder == "claims" and table in ("visit", "condition", "procedure"):
                self.assertGreaterEqual(got, expected, row)
            elif holder == "claims" and table in ("drug", "measurement"):
                detail = ("ER_PHA_F", "PHA_PRS_C13", "PHA_ACT_QSN") if table == "drug" else ("ER_BIO_F", "BIO_PRS_IDE", "BIO_ACT_QSN")
                self.assertEqual(self.taken(holder, detail[0]), expected, row)
                self.assertEqual(got, self.claims_records(*detail), row)
            else:
                self.assertEqual(got, expected, row)
            compared += 1
        self.assertEqual(compared, 40)
        for table in self.report["tables"]:
            self.assertEqual(table["on_shelves"], table["stored"] + sum(table["dropped"].values()), table["table"])

    # ---- what nobody learns (EMC2-02, EMC2-03)
    def test_no_identity_leaves(self):
        excused = set()
        for name in ("hospital", "claims"):
            with open(os.path.join(SOURCE, "packaging", "agreement", name + ".json"), encoding="utf-8") as file:
                excused |= set("".join(c if c.isalpha() else " " for c in file.read().upper()).split())
        needles = Needles([self.export(holder) for holder in HOLDERS], excused)
        self.assertGreater(len(needles.names), 500)
        self.assertGreater(len(needles.numbers), PERSONS)
        self.assertGreater(len(needles.dates), 1000)
        world = self.world
        received = [world.path(f"{holder}.{kind}") for holder in HOLDERS for kind in ("request", "response", "delivery", "card")]
        paths = files_under(world.path("authority"), world.path("received"), world.path("house"), *received)
        self.assertGreater(len(paths), 100)
        self.assertEqual(sorted(set(leaks(needles, paths))), [])
        self.planted(needles)

    def planted(self, needles):
        """The same search finds what is there."""
        name = max(needles.names, key=len)
        number, date = sorted(needles.numbers)[0], sorted(needles.dates)[0]
        noise = random.Random(1).randbytes(1000)
        for plant in (name, name.lower(), number, date, date.replace("-", "")):
            for made in (noise + b"\0" + plant.encode() + b"\0" + noise, noise + b"." + base64.b64encode(b"is " + plant.encode() + b" here") + b".",
                         noise + zlib.compress(b"is " + plant.encode() + b" here") + noise):
                path = self.world.path("planted")
                with open(path, "wb") as file:
                    file.write(made)
                self.assertTrue(list(leaks(needles, [path])), plant)
        self.assertTrue(list(leaks(needles, [self.export("sainte-aubaine") + "/identities.csv"])))

    # ---- liars
    def test_liars_are_found(self):
        world, holder = self.world, "sainte-aubaine"
        with open(world.path(holder + ".response"), "rb") as file:
            good = bytearray(file.read())
        count = int.from_bytes(good[136:140], "little")
        first = 140
        self.assertEqual(count, len(elements(world.path(holder + ".request"))))
        broken = {"an element": bytes(good[:first]) + bytes(good[first + 32:first + 64]) + bytes(good[first + 32:]),
                  "two elements": bytes(good[:first]) + bytes(good[first + 32:first + 64]) + bytes(good[first:first + 32]) + bytes(good[first + 64:]),
                  "the proof": bytes(good[:first + 32 * count]) + bytes([good[first + 32 * count] ^ 1]) + bytes(good[first + 32 * count + 1:]),
                  "the key": bytes(good[:72]) + bytes([good[72] ^ 1]) + bytes(good[73:]),
                  "the signature": bytes(good[:-1]) + bytes([good[-1] ^ 1]),
                  "the end": bytes(good[:-40]), "more": bytes(good) + b"x"}
        before = self.work(holder + "-asked")
        for what, data in broken.items():
            with self.subTest(what):
                with open(world.path("broken.response"), "wb") as file:
                    file.write(data)
                done = world.finish(holder + "-asked", holder, expected=None, response="broken")
                self.assertIn(done.returncode, (INVALID, DENIED), done.stderr)
                self.assertEqual(self.work(holder + "-asked"), before)

    def work(self, centre):
        return sorted(os.listdir(self.world.path(centre + "/work")))

    def test_requests_and_answers_belong_together(self):
        world, holder = self.world, "pont-seraphin"
        centre = world.copy(holder + "-asked", "together")
        other = "another"
        world.blind(centre, self.export(holder), other)
        world.evaluate("authority", other)
        self.assertEqual(set(elements(world.path(holder + ".request"))) & set(elements(world.path(other + ".request"))), set())
        self.assertIn(world.finish(centre, holder, expected=None, response=other).returncode, (INVALID, DENIED))
        self.assertIn(world.finish(centre, other, expected=None, response=holder).returncode, (INVALID, DENIED))
        world.evaluate("authority", other)  # asked twice: answered twice, and counted twice
        world.finish(centre, other)
        self.assertIn("no state", world.finish(centre, other, expected=NOT_FOUND).stderr)
        self.assertIn("no state", world.finish("claims", holder, expected=NOT_FOUND).stderr)  # of another centre
        with open(world.path(other + ".request"), "r+b") as file:
            file.seek(400)
            file.write(b"x")
        world.evaluate("authority", other, expected=DENIED)

    # ---- two bodies (EMC2-04, SEC-PSE-1)
    def test_neither_body_alone(self):
        world = self.world
        seen = {holder: set(elements(world.path(holder + ".request"))) | set(elements(world.path(holder + ".response"))) for holder in HOLDERS}
        pseudonyms = {holder: world.pseudonyms("received", holder, holder) for holder in HOLDERS}
        everybody = set().union(*(set(of.values()) for of in pseudonyms.values()))
        for holder, of in seen.items():
            self.assertEqual(of & everybody, set())  # the authority saw no pseudonym
            for other in HOLDERS:
                self.assertTrue(other == holder or not of & seen[other])  # nor anything that two holders share
        stored = world.fingerprints("house")
        shared = 0
        self.assertEqual(set(stored), {(holder, *key) for holder, of in pseudonyms.items() for key in of})
        by_pseudonym, by_fingerprint = collections.defaultdict(set), collections.defaultdict(set)
        for holder, of in pseudonyms.items():
            for (subject, kind), element in of.items():
                by_pseudonym[kind, element].add((holder, subject))
                by_fingerprint[kind, stored[holder, subject, kind]].add((holder, subject))
                shared += len(by_pseudonym[kind, element]) > 1
        # After both exponents entries are equal exactly where they were after the first one, and by no bytes of it.
        self.assertEqual(sorted(map(sorted, by_pseudonym.values())), sorted(map(sorted, by_fingerprint.values())))
        self.assertGreater(shared, 500)
        parts = {element[i:i + 16] for element in everybody for i in range(0, 49, 16)}
        self.assertEqual({found for found in stored.values()} & parts, set())

    def test_other_bodies_give_others(self):
        world, holder = self.world, "sainte-aubaine"
        pseudonyms = world.pseudonyms("received", holder, holder)
        world.authority("authority-2")
        centre = world.copy(holder, "moved")
        world.join(holder, "house", "authority-2", centre=centre, replace=["--replace"])
        world.blind(centre, self.export(holder), "moved")
        world.evaluate("authority", "moved", expected=DENIED)  # asks for another key than the first one's
        world.deliver(centre, "authority-2", self.export(holder), "moved", "--full")
        moved = world.pseudonyms("house", "moved", holder)
        self.assertEqual(set(moved), set(pseudonyms))
        self.assertEqual(set(moved.values()) & set(pseudonyms.values()), set())
        world.warehouse("house-2")
        centre = world.copy(holder + "-asked", "second")
        world.join(holder, "house-2", "authority", centre=centre, replace=["--replace"])
        world.finish(centre, holder)
        world.pack(centre, self.export(holder), "second", "--full")
        world.load("house", "second", expected=DENIED)  # sealed to another
        world.load("house-2", "second")
        self.assertEqual(world.pseudonyms("house-2", "second", holder), pseudonyms)
        world.assemble("house-2", world.path("pop/maps.csv"))
        here = {key: found for key, found in world.fingerprints("house").items() if key[0] == holder}
        there = world.fingerprints("house-2")
        self.assertEqual(set(here), set(there))
        self.assertEqual(set(here.values()) & set(there.values()), set())

    # ---- who is one person (EMC2-06)
    def test_linkage(self):
        self.assertEqual(set(self.found), set(self.truth))
        true, found = pairs(self.truth), pairs(self.found)
        precision, recall = len(true & found) / len(found), len(true & found) / len(true)
        print(f"linkage: {len(true)} true pairs, {len(found)} found, precision {precision:.4f}, recall {recall:.4f}; "
              f"{len(set(self.truth.values()))} persons, {len(set(self.found.values()))} found", file=sys.stderr)
        self.assertGreaterEqual(precision, 0.995)
        self.assertGreaterEqual(recall, 0.96)

    # ---- cohorts
    def test_cohorts(self):
        world = self.world
        header = world.path("cohorts.h")
        subprocess.run([sys.executable, "tools/generate-cohorts.py", "spec/rare_blood_cancers.csv", "examples/cohorts/treated_myeloma.json", header],
                       cwd=SOURCE, check=True)
        os.mkdir(world.path("cohorts"))
        names = []
        with open(header, encoding="utf-8") as file:
            for line in file:
                if line.startswith('    {"'):
                    name, definition = json.loads("[" + line.strip().rstrip(",").strip("{}") + "]")
                    names.append(world.write(f"cohorts/{name}.json", definition))
        counts = {row["name"]: row["persons"] for row in json.loads(world.run("cohort", "count", *names, "--json", "--warehouse",
                                                                              world.path("house")).stdout)}
        planted = {row["cohort"]: int(row["persons"]) for row in rows_of(world.path("pop/truth/cohorts.csv"))}
        self.assertEqual(counts, planted)
        self.assertGreater(sum(planted.values()), 0)

    # ---- later deliveries
    def person_rows(self, warehouse, mark):
        out = self.world.path(mark)
        self.world.run("export", "--format", "csv", "--out", out, "--warehouse", self.world.path(warehouse))
        return out

    def test_correction_removal_objection(self):
        world = self.world
        house = world.copy("house", "later")
        before = world.persons(house)
        # a correction: one result of one person of the OMOP export, by the same number
        source, export = self.export("sainte-aubaine"), world.path("correction")
        os.mkdir(export)
        measured = rows_of(source + "/measurement.csv")[0]
        for name in ("person", "identities", "measurement"):
            rows = [row for row in rows_of(f"{source}/{name}.csv") if row["person_id"] == measured["person_id"]]
            rows = rows[:1] if name == "measurement" else rows
            if name == "measurement":
                rows[0].update(value_as_number="77.25", visit_occurrence_id="")
            with open(f"{export}/{name}.csv", "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        centre = world.copy("sainte-aubaine", "corrects")
        stale = world.pack(world.copy("sainte-aubaine-asked", "stale"), export, "stale", expected=None)
        self.assertNotEqual(stale.returncode, 0)  # nothing was finished there
        world.deliver(centre, "authority", export, "correction")
        self.assertEqual(len({subject for subject, _ in world.pseudonyms(house, "correction", "sainte-aubaine")}), 1)
        # a removal: all that the flat files have, without one stay's results
        export = world.path("removal")
        shutil.copytree(self.export("pont-seraphin"), export)
        results = rows_of(export + "/biologie.csv")
        with open(export + "/biologie.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(results[0]))
            writer.writeheader()
            writer.writerows(results[1:])
        centre = world.copy("pont-seraphin", "removes")
        world.deliver(centre, "authority", export, "removal", "--full")
        world.load(house, "correction")
        world.load(house, "removal")
        # an objection: a person of the claims who is at a hospital, too
        both = collections.defaultdict(set)
        for (holder, subject), person in before.items():
            both[person].add(holder)
        row = next(row for row in rows_of(world.path("pop/truth/links.csv")) if row["holder"] == "val-brume" and
                   both[before["val-brume", self.subject_of["val-brume", row["local_id"]]]] >= {"claims", "val-brume"})
        objector = before["val-brume", self.subject_of["val-brume", row["local_id"]]]
        export = world.path("objector")
        os.mkdir(export)
        with open(self.export("val-brume") + "/Patient.ndjson", encoding="utf-8") as file:
            lines = [line for line in file if json.loads(line)["id"] == row["local_id"]]
        world.write("objector/Patient.ndjson", "".join(lines))
        centre = world.copy("val-brume", "objects")
        world.pack(centre, self.export("claims"), "not-blinded", "--objections", expected=INVALID)  # persons without pseudonyms
        world.deliver(centre, "authority", export, "objection", "--objections")
        self.assertEqual(self.world.read_json("val-brume/centre.json"), self.world.read_json("objects/centre.json"))
        with open(world.path("objects/sequence"), encoding="utf-8") as a, open(world.path("val-brume/sequence"), encoding="utf-8") as b:
            self.assertEqual(a.read(), b.read())
        added = world.run("objection", "add", world.path("objection.delivery"), "--warehouse", world.path(house)).stdout
        self.assertIn("objections of 1 persons", added)
        report = world.assemble(house, world.path("pop/maps.csv"))["assembly"]
        self.after(house, before, objector, report)

    def after(self, house, before, objector, report):
        now = self.world.persons(house)
        tables = {table["table"]: table for table in report["tables"]}
        first = {table["table"]: table for table in self.report["tables"]}
        self.assertEqual(now, before)  # everybody keeps the number, even who is not in the snapshot any more
        self.assertEqual(report["excluded"], 1)
        self.assertEqual(tables["person"]["stored"], first["person"]["stored"] - 1)
        self.assertEqual(sum(tables["measurement"]["dropped"].values()) - tables["measurement"]["dropped"].get("excluded", 0), 1)
        older, newer = self.person_rows("house", "export-1"), self.person_rows(house, "export-2")
        persons = [{int(row["person_id"]) for row in rows_of(out + "/person.csv")} for out in (older, newer)]
        self.assertEqual(persons[0] - persons[1], {objector})
        self.assertEqual(persons[1] - persons[0], set())
        for name in sorted(os.listdir(newer)):
            if name.endswith(".csv"):
                rows = rows_of(os.path.join(newer, name))
                self.assertNotIn(str(objector), {row["person_id"] for row in rows if "person_id" in row}, name)
        values = [[(row["person_id"], row["measurement_date"], row["value_as_number"]) for row in rows_of(out + "/measurement.csv")
                   if int(row["person_id"]) != objector] for out in (older, newer)]
        gone, new = (collections.Counter(values[a]) - collections.Counter(values[1 - a]) for a in (0, 1))
        self.assertEqual(sum(gone.values()), 2)  # the corrected one, and the removed one
        self.assertEqual([value for _, _, value in new], ["77.25"])


if __name__ == "__main__":
    unittest.main()
