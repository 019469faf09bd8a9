#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""From deliveries to a snapshot at a real warehouse: assemble_test.py PATH/TO/emc2 PATH/TO/delivery_make

What was taken is standardised, shelved and assembled; every row is accounted for; the log tells each act; nothing of it is in the clear; a second
assembly gives the same, and a killed one is gone on with."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

MAKE = os.path.abspath(sys.argv.pop(2))
EMC2 = os.path.abspath(sys.argv.pop(1))


class Assembly(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-assemble-")
        cls.write("passphrase", "five unrelated words for tests\n")
        cls.run_emc2("init", warehouse="house")
        cls.run_emc2("intake", "card", "--out", cls.path("warehouse.card"), warehouse="house")
        cls.write("holder.card", subprocess.check_output([MAKE, "card"], text=True))
        cls.run_emc2("holder", "add", cls.path("holder.card"), "--kind", "hospital", "--from", "2026-01-01", "--until", "2099-12-31",
                     warehouse="house")
        cls.write("terms", subprocess.check_output([MAKE, "terms", "2026-01-01", "2099-12-31"], text=True))
        cls.run_emc2("holder", "agreement", "chu-a", cls.path("terms"), "--out", cls.path("agreement"), warehouse="house")
        os.mkdir(cls.path("made"))
        subprocess.run([MAKE, "all", cls.path("made"), cls.path("warehouse.card"), cls.path("agreement")], check=True)
        cls.run_emc2("load", cls.path("made/good-1.delivery"), warehouse="house")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.root, name)

    @classmethod
    def write(cls, name, text):
        with open(cls.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(cls.path(name), 0o600)

    @classmethod
    def run_emc2(cls, *arguments, warehouse, expected=0, fault=None):
        command = [EMC2, *arguments, "--quiet", "--passphrase-file", cls.path("passphrase"), "--warehouse", cls.path(warehouse)]
        environment = dict(os.environ, **({"EMC2_FAULT": fault} if fault else {}))
        result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=environment)
        if expected is not None and result.returncode != expected:
            raise AssertionError(f"{' '.join(arguments)}: {result.returncode}\n{result.stdout}\n{result.stderr}")
        return result

    def copy(self, name):
        shutil.copytree(self.path("house"), self.path(name))

    def assemble(self, warehouse):
        return json.loads(self.run_emc2("assemble", "--json", warehouse=warehouse).stdout)

    def check(self, report):
        assembly = report["assembly"]
        self.assertGreater(assembly["persons"], 100)
        self.assertEqual(assembly["linkage"]["merged"] + assembly["linkage"]["split"], 0)
        for table in assembly["tables"]:
            self.assertEqual(table["on_shelves"], table["stored"] + sum(table["dropped"].values()), table["table"])
        stored = {table["table"]: table["rows_stored"] for table in assembly["load"]["tables"]}
        for table in assembly["tables"]:
            if table["table"] != "fact_relationship":
                self.assertEqual(stored.get(table["table"], 0), table["stored"] + table["made"], table["table"])
        return stored

    def acts(self, warehouse):
        return [json.loads(line)["record"]["act"] for line in self.run_emc2("log", "list", "--count", "1000", "--json", warehouse=warehouse)
                .stdout.splitlines()]

    def test_twice(self):
        self.copy("twice")
        first = self.check(self.assemble("twice"))
        self.assertEqual(os.listdir(self.path("twice/deliveries")), [])
        self.assertGreater(first["condition_occurrence"], 0)
        self.assertGreater(first["observation_period"], 0)
        self.assertEqual(self.check(self.assemble("twice")), first)
        log = self.run_emc2("log", "list", "--count", "1000", warehouse="twice").stdout
        for act in ("standardise", "linkage"):
            self.assertIn(act, log)
        status = self.run_emc2("snapshot", "verify", warehouse="twice")
        self.assertEqual(status.returncode, 0)

    def test_report(self):
        self.copy("report")
        text = self.run_emc2("assemble", warehouse="report").stdout
        for words in ("on shelves / sur étagère", "linkage / appariement", "snapshot "):
            self.assertIn(words, text)

    def test_only_what_was_taken(self):
        """A delivery that was never checked, put where those that were taken wait, stays out."""
        self.copy("planted")
        shutil.copy(self.path("made/good-2.delivery"), self.path("planted/deliveries/chu-a-2.delivery"))
        said = self.run_emc2("assemble", warehouse="planted").stdout
        self.assertIn("never taken", said)
        self.assertEqual(self.acts("planted").count("standardise"), 1)
        self.run_emc2("load", self.path("made/good-2.delivery"), warehouse="planted")
        self.assemble("planted")
        self.assertEqual(self.acts("planted").count("standardise"), 2)

    def test_what_was_taken_is_lost(self):
        self.copy("lost")
        os.remove(self.path("lost/deliveries/chu-a-1.delivery"))
        self.assertIn("delivery 1 of chu-a was taken", self.run_emc2("assemble", warehouse="lost", expected=8).stderr)

    def test_shelves_are_lost(self):
        for name, words in (("index", "delivery 1 of chu-a was taken"), ("links", "links is lost"), ("barred", "barred is lost")):
            house = f"without-{name}"
            self.copy(house)
            self.assemble(house)
            files = sorted(os.listdir(self.path(f"{house}/shelves")))
            os.remove(self.path(f"{house}/shelves/{name}"))
            self.assertIn(words, self.run_emc2("assemble", warehouse=house, expected=8).stderr)
            self.assertEqual(sorted([*os.listdir(self.path(f"{house}/shelves")), name]), files)

    def test_shelves_are_verified(self):
        """Every file of the shelves, changed in one byte or removed, is named."""
        self.copy("verified")
        self.assemble("verified")
        self.run_emc2("snapshot", "verify", warehouse="verified")
        files = sorted(set(os.listdir(self.path("verified/shelves"))) - {"lock"})
        self.assertTrue({"index", "links", "barred"} < set(files))
        for name in ["index", "links", "barred", files[0], files[-4]]:
            path = self.path(f"verified/shelves/{name}")
            with open(path, "rb") as file:
                data = file.read()
            damaged = bytearray(data)
            damaged[len(data) // 2] ^= 1
            with open(path, "wb") as file:
                file.write(damaged)
            self.assertIn(f"shelves/{name}: ", self.run_emc2("snapshot", "verify", warehouse="verified", expected=8).stdout)
            os.remove(path)
            self.assertIn(f"shelves/{name}: ", self.run_emc2("snapshot", "verify", warehouse="verified", expected=8).stdout)
            with open(path, "wb") as file:
                file.write(data)
        self.run_emc2("snapshot", "verify", warehouse="verified")

    def test_linkage_report(self):
        self.copy("linked")
        self.run_emc2("linkage", "report", warehouse="linked", expected=5)
        assembly = self.assemble("linked")["assembly"]
        report = json.loads(self.run_emc2("linkage", "report", "--json", "--page", self.path("page.html"), warehouse="linked").stdout)
        self.assertEqual(report["persons"], assembly["persons"])
        self.assertEqual(report["entries_not_linked_yet"], 0)
        groups = {group["group"]: group for group in report["linkage"]["groups"]}
        self.assertEqual(groups["all"]["entries"], assembly["entries"])
        self.assertEqual(groups["chu-a"]["entries"], assembly["entries"])
        self.assertEqual(groups["men"]["entries"] + groups["women"]["entries"] + groups.get("sex unknown", {"entries": 0})["entries"],
                         assembly["entries"])
        self.assertTrue(groups["all"]["below_90_percent"])  # one holder: nobody else has them
        with open(self.path("page.html"), encoding="utf-8") as page:
            self.assertIn("chu-a", page.read())
        self.write("truth.csv", "holder,subject,person\nchu-b,1,1\n")
        text = self.run_emc2("linkage", "report", "--truth", self.path("truth.csv"), warehouse="linked").stdout
        self.assertIn("truth known of 0 entries (1 lines without an entry)", text)
        self.assertIn("below 90 %", text)
        self.run_emc2("linkage", "report", "--reference", "chu-b", warehouse="linked", expected=5)
        self.assertIn("linkage.report", self.run_emc2("log", "list", "--count", "1000", warehouse="linked").stdout)
        self.assertEqual(self.assemble("linked")["assembly"]["linkage"]["merged"], 0)

    def test_erased(self):
        """The end of a warehouse is the end of its shelves: also of copies of them."""
        self.copy("erased")
        self.assemble("erased")
        self.run_emc2("load", self.path("made/good-2.delivery"), warehouse="erased")
        self.assertIn("on the shelves", self.run_emc2("compact", warehouse="erased").stdout)
        self.run_emc2("erase", "--all", "--yes-destroy", "erased", warehouse="erased")
        self.assertEqual([os.listdir(self.path("erased/deliveries")), os.listdir(self.path("erased/shelves"))], [[], ["lock"]])

    def test_killed(self):
        self.copy("killed")
        for passage in (5, 25, 60):
            self.run_emc2("assemble", warehouse="killed", expected=-9, fault=f"*:{passage}")
        stored = self.check(self.assemble("killed"))
        self.copy("whole")
        self.assertEqual(self.check(self.assemble("whole")), stored)

    def hashes(self, warehouse):
        tables = json.loads(self.run_emc2("snapshot", "hash", "--json", warehouse=warehouse).stdout)
        return json.dumps(tables, sort_keys=True)

    def renewed(self, warehouse):
        """Everything is of epoch 2, the exponent of epoch 1 is destroyed, and the log says so."""
        status = json.loads(self.run_emc2("key", "epoch", "status", "--json", warehouse=warehouse).stdout)
        self.assertEqual(status, {"newest": 2, "live": 2})
        acts = self.acts(warehouse)
        for act in ("pseudonym.key", "pseudonym.renew", "key.destroy"):
            self.assertIn(act, acts)
        text = self.run_emc2("key", "epoch", "renew", warehouse=warehouse).stdout
        self.assertIn("nothing to renew", text)
        self.run_emc2("key", "epoch", "destroy", "2", "--yes-destroy", "2", warehouse=warehouse, expected=2)

    def test_renewed(self):
        self.copy("epoch")
        stored, before = self.check(self.assemble("epoch")), self.hashes("epoch")
        shelves = set(os.listdir(self.path("epoch/shelves")))
        said = self.run_emc2("key", "epoch", "begin", warehouse="epoch").stdout
        self.assertIn("epoch 2 is begun", said)
        self.run_emc2("key", "epoch", "destroy", "1", "--yes-destroy", "1", warehouse="epoch", expected=2)
        self.assertEqual(self.check(self.assemble("epoch")), stored)
        self.assertEqual(self.hashes("epoch"), before)
        self.renewed("epoch")
        now = set(os.listdir(self.path("epoch/shelves")))
        self.assertEqual((len(now), len(now - shelves), len(shelves - now)), (len(shelves), 1, 1))  # the file of tokens

    def test_renewed_at_once(self):
        self.copy("renew")
        stored, before = self.check(self.assemble("renew")), self.hashes("renew")
        self.run_emc2("key", "epoch", "begin", warehouse="renew")
        self.run_emc2("key", "epoch", "renew", warehouse="renew")
        self.renewed("renew")
        self.assertEqual(self.check(self.assemble("renew")), stored)
        self.assertEqual(self.hashes("renew"), before)

    def test_renewal_killed(self):
        self.copy("begun")
        self.check(self.assemble("begun"))
        before = self.hashes("begun")
        self.run_emc2("key", "epoch", "begin", warehouse="begun")
        for point in ("shelf.renew:1", "shelf.renewed:1", "epoch.destroy:1"):
            name = "stopped-" + point.replace(":", "-").replace(".", "-")
            shutil.copytree(self.path("begun"), self.path(name))
            self.run_emc2("assemble", warehouse=name, expected=-9, fault=point)
            self.assemble(name)
            self.assertEqual(self.hashes(name), before, point)
            self.renewed(name)

    def test_restored(self):
        self.copy("kept")
        stored = self.check(self.assemble("kept"))
        self.run_emc2("backup", "--to", self.path("disk"), warehouse="kept")
        self.run_emc2("key", "backup", "--to", self.path("keys"), warehouse="kept")
        shutil.rmtree(self.path("kept"))
        restored = subprocess.run([EMC2, "restore", "--from", self.path("disk"), "--keys", self.path("keys"), "--to", self.path("kept"),
                                   "--quiet"], capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(restored.returncode, 0, restored.stderr)
        self.assertEqual(self.check(self.assemble("kept")), stored)

    def test_nothing_in_clear(self):
        self.copy("clear")
        self.assemble("clear")
        for folder, _, names in os.walk(self.path("clear/shelves")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read()
                self.assertNotIn(b"CIM10", data, name)
                self.assertNotIn(b"chu-a", data, name)


if __name__ == "__main__":
    unittest.main()
