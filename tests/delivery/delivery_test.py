#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Deliveries at a real warehouse: delivery_test.py PATH/TO/emc2 PATH/TO/delivery_make

A good one is taken once and in its turn, with a receipt that verifies. Each broken one is refused for its own reason: nothing is staged, one
entry of the log tells it, its bytes are kept sealed as they came, no value of it is anywhere in the clear. The quarantine opens for two persons,
not for one. The register of holders cannot be put back."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

MAKE = os.path.abspath(sys.argv.pop(2))
EMC2 = os.path.abspath(sys.argv.pop(1))
# What depends on the day of today is held against delivery_check_all, with a day of its own (broken_test.c).
BY_DAY = {"future", "born-tomorrow"}
SECRETS = (b"255081416802538", b"jean.dupont@example.org", b"06 12 34 56 78")


class Deliveries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-delivery-")
        cls.passphrase = cls.path("passphrase")
        cls.write(cls.passphrase, "five unrelated words for tests\n")
        cls.run_emc2("init", warehouse="empty")
        cls.run_emc2("intake", "card", "--out", cls.path("warehouse.card"), warehouse="empty")
        cls.write(cls.path("holder.card"), subprocess.check_output([MAKE, "card"], text=True))
        cls.house("good", "empty", "2099-12-31", "2099-12-31")
        os.mkdir(cls.path("made"))
        subprocess.run([MAKE, "all", cls.path("made"), cls.path("warehouse.card"), cls.path("good.agreement")], check=True)
        with open(cls.path("made/cases.json"), encoding="utf-8") as file:
            cls.cases = json.load(file)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.root, name)

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)

    @classmethod
    def run_emc2(cls, *arguments, warehouse=None, expected=0):
        command = [EMC2, *arguments, "--quiet"]
        if warehouse:
            command += ["--passphrase-file", cls.passphrase, "--warehouse", cls.path(warehouse)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if expected is not None and result.returncode != expected:
            raise AssertionError(f"{' '.join(arguments)}: {result.returncode}\n{result.stdout}\n{result.stderr}")
        return result

    @classmethod
    def house(cls, name, source, holder_until, agreement_until):
        """A copy of a warehouse with the holder of the examples; without an agreement when agreement_until is None."""
        cls.copy(name, source)
        cls.run_emc2("holder", "add", cls.path("holder.card"), "--kind", "hospital", "--from", "2026-01-01", "--until", holder_until,
                     warehouse=name)
        if agreement_until:
            cls.write(cls.path(name + ".terms"), subprocess.check_output([MAKE, "terms", "2026-01-01", agreement_until], text=True))
            cls.run_emc2("holder", "agreement", "chu-a", cls.path(name + ".terms"), "--out", cls.path(name + ".agreement"), warehouse=name)

    @classmethod
    def copy(cls, name, source):
        shutil.copytree(cls.path(source), cls.path(name))

    def log(self, warehouse):
        result = self.run_emc2("log", "list", "--count", "100000", "--json", warehouse=warehouse)
        return [json.loads(line) for line in result.stdout.splitlines()] if not result.stdout.startswith("[") else json.loads(result.stdout)

    def acts(self, warehouse, act):
        return [entry for entry in self.log(warehouse) if entry.get("act") == act or entry.get("record", {}).get("act") == act]

    def made(self, name):
        return self.path(f"made/{name}")

    def files(self, warehouse, folder):
        directory = os.path.join(self.path(warehouse), folder)
        return sorted(os.listdir(directory)) if os.path.isdir(directory) else []

    def test_taken(self):
        self.copy("taken", "good")
        check = self.run_emc2("delivery", "check", self.made("good-1.delivery"), warehouse="taken")
        self.assertIn("would be taken", check.stdout)
        self.assertEqual(self.files("taken", "deliveries"), [])
        self.run_emc2("load", self.made("good-2.delivery"), warehouse="taken", expected=7)  # out of order
        self.run_emc2("load", self.made("good-1.delivery"), warehouse="taken")
        self.run_emc2("load", self.made("good-1.delivery"), warehouse="taken", expected=7)  # replayed
        self.run_emc2("load", self.made("good-2.delivery"), warehouse="taken")
        self.assertEqual(self.files("taken", "deliveries"), ["chu-a-1.delivery", "chu-a-2.delivery"])
        self.assertEqual(len(self.acts("taken", "delivery")), 2)
        self.assertEqual(len(self.acts("taken", "refusal")), 2)
        listed = self.run_emc2("delivery", "list", warehouse="taken").stdout
        self.assertEqual(listed.count("chu-a"), 2)
        with open(self.path("warehouse.card"), encoding="utf-8") as file:
            key = json.load(file)["governance_key"]
        receipt = self.path("taken/receipts/chu-a-1.json")
        self.assertIn("was taken", self.run_emc2("delivery", "receipt", "verify", receipt, "--public-key", key).stdout)
        with open(receipt, encoding="utf-8") as file:
            text = file.read()
        self.write(self.path("altered.json"), text.replace('"person": 200', '"person": 201'))
        self.run_emc2("delivery", "receipt", "verify", self.path("altered.json"), "--public-key", key, expected=7)
        show = json.loads(self.run_emc2("holder", "show", "chu-a", warehouse="taken").stdout)
        self.assertEqual(show["last_sequence"], 2)

    def test_persons_of_earlier_deliveries(self):
        self.copy("later", "good")
        self.run_emc2("load", self.made("good-1.delivery"), warehouse="later")
        self.run_emc2("load", self.made("later.delivery"), warehouse="later")
        self.assertEqual(self.files("later", "receipts"), ["chu-a-1.json", "chu-a-2.json"])

    def test_stopped_before_the_receipt(self):
        self.copy("stopped", "good")
        self.run_emc2("load", self.made("good-1.delivery"), warehouse="stopped")
        receipt = self.path("stopped/receipts/chu-a-1.json")
        os.remove(receipt)
        said = self.run_emc2("load", self.made("good-1.delivery"), warehouse="stopped").stdout
        self.assertIn("taken before", said)
        self.assertIn("was taken on", self.run_emc2("delivery", "receipt", "verify", receipt).stdout)
        self.run_emc2("load", self.made("good-1.delivery"), warehouse="stopped", expected=7)

    def test_broken(self):
        self.house("over", "empty", "2026-02-01", "2099-12-31")
        self.house("agreement-over", "empty", "2099-12-31", "2026-02-01")
        self.house("no-agreement", "empty", "2099-12-31", None)
        self.copy("plain", "good")
        self.copy("stranger", "empty")
        self.copy("suspended", "good")
        self.run_emc2("holder", "suspend", "chu-a", warehouse="suspended")
        self.copy("one", "good")
        self.run_emc2("load", self.made("good-1.delivery"), warehouse="one")
        self.copy("two", "one")
        self.run_emc2("load", self.made("good-2.delivery"), warehouse="two")
        houses = {"good": "plain", "unknown": "stranger", "suspended": "suspended", "over": "over", "no-agreement": "no-agreement",
                  "agreement-over": "agreement-over"}
        self.assertGreaterEqual(len(self.cases), 40)
        for case in self.cases:
            if case["name"] in BY_DAY:
                continue
            house = {0: houses[case["holder"]], 1: "one", 5: "two"}[case["last_sequence"]]
            with self.subTest(case["name"]):
                self.refused(case, house)

    def refused(self, case, house):
        staged, refusals = self.files(house, "deliveries"), len(self.acts(house, "refusal"))
        quarantine, snapshots = set(self.files(house, "quarantine")), self.files(house, "snapshots")
        entries = len(self.log(house))
        path = self.made(case["name"] + ".delivery")
        result = self.run_emc2("load", path, warehouse=house, expected=None)
        self.assertIn(result.returncode, (3, 7), result.stderr)
        self.assertIn(f"refused ({case['reason']})", result.stderr)
        self.assertIn(case["says"], result.stderr)
        self.assertEqual(self.files(house, "deliveries"), staged)
        self.assertEqual(self.files(house, "snapshots"), snapshots)
        self.assertEqual(len(self.acts(house, "refusal")), refusals + 1)
        self.assertEqual(len(self.log(house)), entries + 2)  # the command's grant, and the refusal
        new = sorted(set(self.files(house, "quarantine")) - quarantine)
        self.assertEqual(len(new), 2, new)
        with open(path, "rb") as a, open(os.path.join(self.path(house), "quarantine", new[0]), "rb") as b:
            self.assertEqual(a.read(), b.read())
        for secret in SECRETS:
            self.assertNotIn(secret.decode(), result.stdout + result.stderr)

    def test_nothing_in_the_clear(self):
        self.copy("clear", "good")
        for name in ("nir", "email", "telephone", "nir-as-code"):
            self.run_emc2("load", self.made(name + ".delivery"), warehouse="clear", expected=3)
        for folder, _, names in os.walk(self.path("clear")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                for secret in SECRETS:
                    self.assertNotIn(secret, content, name)

    def test_quarantine(self):
        self.copy("quarantine", "good")
        self.run_emc2("load", self.made("nir.delivery"), warehouse="quarantine", expected=3)
        name = next(n for n in self.files("quarantine", "quarantine") if n.endswith(".delivery"))[:-len(".delivery")]
        self.assertIn(name, self.run_emc2("quarantine", "list", warehouse="quarantine").stdout)
        for person in ("alice", "bruno", "mallory"):
            self.write(self.path(person + ".words"), f"words of {person} for tests\n")
            self.run_emc2("key", "custodian", "new", "--name", person, "--out", self.path(person), "--passphrase-file",
                          self.path(person + ".words"))
        for person in ("alice", "bruno"):
            self.run_emc2("quarantine", "person", self.path(person + ".pub"), warehouse="quarantine")

        def look(first, second, expected):
            return self.run_emc2("quarantine", "open", name, self.path(first), self.path(second), "--first-passphrase-file",
                                 self.path(first + ".words"), "--second-passphrase-file", self.path(second + ".words"), "--out",
                                 self.path("findings.csv"), warehouse="quarantine", expected=expected)
        self.assertIn("not by one twice", look("alice", "alice", 7).stderr)
        self.assertIn("not among those", look("alice", "mallory", 7).stderr)
        self.assertFalse(os.path.exists(self.path("findings.csv")))
        look("alice", "bruno", 0)
        with open(self.path("findings.csv"), encoding="utf-8") as file:
            self.assertIn("observation,1,value_text,a NIR,255081416802538", file.read())
        self.assertEqual(len(self.acts("quarantine", "quarantine")), 1)
        self.run_emc2("quarantine", "purge", warehouse="quarantine")
        self.assertEqual(len(self.files("quarantine", "quarantine")), 2)  # not old enough
        self.run_emc2("quarantine", "purge", "--all", warehouse="quarantine")
        self.assertEqual(self.files("quarantine", "quarantine"), [])

    def test_register_cannot_go_back(self):
        self.copy("back", "good")
        shutil.copy(self.path("back/registry.sealed"), self.path("older"))
        self.run_emc2("load", self.made("good-1.delivery"), warehouse="back")
        shutil.copy(self.path("older"), self.path("back/registry.sealed"))
        result = self.run_emc2("load", self.made("good-1.delivery"), warehouse="back", expected=8)
        self.assertIn("put back to an older state", result.stderr)
        os.remove(self.path("back/registry.sealed"))
        self.run_emc2("holder", "list", warehouse="back", expected=8)

    def test_check_says_json_and_nothing_else(self):
        checked = self.run_emc2("delivery", "check", self.made("good-1.delivery"), "--json", warehouse="good").stdout
        self.assertTrue(json.loads(checked)["accepted"])
        checked = self.run_emc2("delivery", "check", self.made("nir.delivery"), "--json", warehouse="good", expected=3).stdout
        self.assertFalse(json.loads(checked)["accepted"])

    def test_a_receipt_that_is_missing_is_made_again(self):
        self.copy("again", "good")
        self.run_emc2("load", self.made("good-1.delivery"), warehouse="again")
        os.remove(self.path("again/receipts/chu-a-1.json"))
        said = json.loads(self.run_emc2("load", self.made("good-1.delivery"), "--json", warehouse="again").stdout)
        self.assertTrue(said["accepted"])
        self.assertTrue(os.path.exists(self.path("again/receipts/chu-a-1.json")))

    def test_a_backup_has_what_came_and_not_what_is_coming(self):
        self.copy("kept", "good")
        self.run_emc2("load", self.made("good-1.delivery"), warehouse="kept")
        os.mkdir(self.path("kept/spool"))
        self.write(self.path("kept/spool/upload"), "EMC2BREQ half of a")
        self.write(self.path("kept/holders"), "EMC2BREG as an authority has it")
        self.run_emc2("backup", "--to", self.path("backup"), warehouse="kept")
        self.run_emc2("restore", "--from", self.path("backup"), "--to", self.path("restored"))
        self.assertTrue(os.path.exists(self.path("restored/holders")))
        self.assertFalse(os.path.exists(self.path("restored/spool")))
        self.write(self.path("kept/root.copy"), "EMC2ROOT and so on")
        self.assertIn("looks like a file of keys", self.run_emc2("backup", "--to", self.path("backup"), warehouse="kept", expected=7).stderr)

    def test_objections(self):
        self.copy("objections", "good")
        for _ in range(2):
            said = self.run_emc2("objection", "add", self.made("objections.tokens"), warehouse="objections").stdout
            self.assertIn("1 in all", said)
        self.run_emc2("objection", "add", self.made("good-1.delivery"), warehouse="objections", expected=3)
        refused = self.run_emc2("objection", "add", self.made("objections-broken.tokens"), warehouse="objections", expected=3)
        self.assertIn("a token that is no pseudonym", refused.stderr)
        self.assertEqual(len(self.acts("objections", "objection")), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
