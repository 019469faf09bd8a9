#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Custody from outside, by the commands that people type: keys, ceremony, drill, sheet, restore, conversion, reshare; and a ceremony that is
killed at every passage of a fault point: the warehouse always has somebody who opens it.

  tests/custody/custody_test.py EMC2
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

EMC2 = os.path.abspath(sys.argv.pop(1))
NAMES = ["alice", "bruno", "chloe", "driss", "elena"]
SOFTHSM = next((path for path in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
                if os.path.exists(path)), None)


class Custody(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.top = tempfile.mkdtemp(prefix="emc2_custody_")
        os.mkdir(cls.path("people"))
        cls.write("operator.passphrase", "the operator's own words")
        for name in NAMES + ["fatou"]:
            cls.write(f"people/{name}.passphrase", f"five unrelated words of {name}")
            cls.emc2("key", "custodian", "new", "--name", name, "--out", cls.path(f"people/{name}.custodian"),
                     "--passphrase-file", cls.path(f"people/{name}.passphrase"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.top)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.top, name)

    @classmethod
    def write(cls, name, text):
        with open(os.open(cls.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")

    @staticmethod
    def emc2(*words, code=0, fault=None):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("EMC2_")}
        if fault:
            environment["EMC2_FAULT"] = fault
        done = subprocess.run([EMC2, *words], capture_output=True, text=True, env=environment, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != code and not fault:
            raise AssertionError(f"emc2 {' '.join(words)}: {done.returncode} instead of {code}\n{done.stdout}{done.stderr}")
        return done

    def pubs(self, names):
        return [self.path(f"people/{name}.custodian.pub") for name in names]

    def ceremony(self, warehouse, shares, names=tuple(NAMES), threshold=3, code=0, fault=None):
        return self.emc2("key", "ceremony", *self.pubs(names), "--threshold", str(threshold), "--out", self.path(shares), "--warehouse",
                         self.path(warehouse), "--passphrase-file", self.path("operator.passphrase"), code=code, fault=fault)

    def gather(self, folder, shares, names):
        """A folder with the files of those who are present."""
        os.makedirs(self.path(folder), exist_ok=True)
        for name in names:
            for kind in ("custodian", "passphrase"):
                shutil.copy2(self.path(f"people/{name}.{kind}"), self.path(folder))
            shutil.copy2(self.path(f"{shares}/{name}.share"), self.path(folder))
        return self.path(folder)

    def reshare(self, warehouse, gathered, shares, names=tuple(NAMES), threshold=3, code=0):
        return self.emc2("key", "reshare", *self.pubs(names), "--threshold", str(threshold), "--shares", gathered, "--out",
                         self.path(shares), "--warehouse", self.path(warehouse), code=code)

    def drill(self, name, share, custody, code=0, words=()):
        return self.emc2("key", "drill", "--custodian", self.path(f"people/{name}.custodian"), "--share", self.path(share), "--custody",
                         self.path(custody), "--passphrase-file", self.path(f"people/{name}.passphrase"), *words, code=code)

    def test_new_warehouse(self):
        """The root key is never on the disk; each share opens for its custodian alone; a foreign, changed or old one is named."""
        done = self.ceremony("new", "new_shares")
        self.assertIn("any 3 of 5", done.stdout)
        self.assertEqual(sorted(os.listdir(self.path("new/keys"))), ["custody.json", "table"])
        for name in NAMES:
            self.assertEqual(os.stat(self.path(f"new_shares/{name}.share")).st_mode & 0o777, 0o600)
            self.drill(name, f"new_shares/{name}.share", "new/keys/custody.json")
        said = json.loads(self.drill("chloe", "new_shares/chloe.share", "new_shares/custody.json", words=["--json"]).stdout)
        self.assertEqual((said["custodian"], said["index"], said["opens"]), ("chloe", 3, True))
        self.assertIn("share of bruno is not sealed", self.drill("alice", "new_shares/bruno.share", "new/keys/custody.json", code=7).stderr)
        with open(self.path("new_shares/driss.share"), "rb") as file:
            changed = bytearray(file.read())
        changed[-1] ^= 1
        with open(self.path("changed.share"), "wb") as file:
            file.write(changed)
        self.assertIn("share of driss does not open", self.drill("driss", "changed.share", "new/keys/custody.json", code=7).stderr)
        self.assertIn("custodians already", self.ceremony("new", "other_shares", code=6).stderr)

    def test_any_k_and_never_fewer(self):
        self.ceremony("k", "k_shares")
        two = self.gather("k_two", "k_shares", ["alice", "elena"])
        self.assertIn("1 more", self.reshare("k", two, "k_never", code=7).stderr)
        three = self.gather("k_three", "k_shares", ["bruno", "driss", "elena"])
        self.reshare("k", three, "k_again", names=["alice", "fatou", "elena"], threshold=2)
        # the old shares are dead: refused by name, and the old root key opens no table
        self.assertIn("earlier ceremony", self.drill("bruno", "k_shares/bruno.share", "k/keys/custody.json", code=7).stderr)
        self.assertIn("earlier ceremony", self.reshare("k", three, "k_never", code=7).stderr)
        shutil.copy2(self.path("k_shares/custody.json"), self.path("k/keys/custody.json"))
        self.assertIn("does not open the key table", self.reshare("k", three, "k_never", code=8).stderr)
        shutil.copy2(self.path("k_again/custody.json"), self.path("k/keys/custody.json"))
        self.drill("fatou", "k_again/fatou.share", "k/keys/custody.json")
        self.reshare("k", self.gather("k_new", "k_again", ["fatou", "elena"]), "k_third")

    def test_passphrase_warehouse_is_taken_over(self):
        self.emc2("init", "--warehouse", self.path("old"), "--passphrase-file", self.path("operator.passphrase"))
        shutil.copytree(self.path("old/keys"), self.path("old_keys_copy"))
        self.ceremony("old", "old_shares")
        self.assertEqual(sorted(name for name in os.listdir(self.path("old/keys")) if name != "lock"), ["custody.json", "table"])
        # the passphrase file put back from a copy opens nothing
        shutil.copy2(self.path("old_keys_copy/root.sealed"), self.path("old/keys"))
        self.assertEqual(self.status("old"), 8)
        os.remove(self.path("old/keys/root.sealed"))
        self.reshare("old", self.gather("old_three", "old_shares", NAMES[:3]), "old_again")

    def status(self, warehouse):
        return self.emc2("status", "--warehouse", self.path(warehouse), "--passphrase-file", self.path("operator.passphrase"),
                         fault="none:1").returncode

    def opens(self, warehouse, shares):
        """Whether the passphrase, or the shares in the folder, open a copy of the warehouse."""
        shutil.rmtree(self.path("probe"), ignore_errors=True)
        shutil.copytree(self.path(warehouse), self.path("probe"))
        if os.path.exists(self.path("probe/keys/root.sealed")) and self.status("probe") == 0:
            return "passphrase"
        shutil.rmtree(self.path("probe_two"), ignore_errors=True)
        self.reshare("probe", self.gather("probe_two", shares, NAMES[3:]), "probe_shares")
        return "shares"

    def test_ceremony_killed_anywhere_leaves_somebody_who_opens(self):
        self.emc2("init", "--warehouse", self.path("whole"), "--passphrase-file", self.path("operator.passphrase"))
        seen = []
        for passage in range(1, 200):
            for name in ("killed", "killed_shares"):
                shutil.rmtree(self.path(name), ignore_errors=True)
            shutil.copytree(self.path("whole"), self.path("killed"))
            done = self.ceremony("killed", "killed_shares", names=NAMES[2:], threshold=2, fault=f"*:{passage}")
            if done.returncode == 0:
                break
            self.assertEqual(done.returncode, -9)
            seen.append(self.opens("killed", "killed_shares"))
            if seen[-1] == "passphrase" and passage % 3 == 0: # it can be held again
                self.ceremony("killed", "killed_shares", names=NAMES[2:], threshold=2)
                self.assertEqual(self.opens("killed", "killed_shares"), "shares")
        self.assertGreater(len(seen), 20)
        self.assertIn("passphrase", seen)
        self.assertEqual(seen[-1], "shares")
        print(f"killed at {len(seen)} points: {seen.count('passphrase')} times the passphrase opens, {seen.count('shares')} times the shares")

    def test_new_ceremony_killed_anywhere_can_be_held_again(self):
        killed = 0
        for passage in range(1, 200):
            for name in ("begun", "begun_shares"):
                shutil.rmtree(self.path(name), ignore_errors=True)
            if self.ceremony("begun", "begun_shares", fault=f"*:{passage}").returncode == 0:
                break
            killed += 1
            if not os.path.exists(self.path("begun/store.json")):
                self.ceremony("begun", "begun_shares")
            self.drill("elena", "begun_shares/elena.share", "begun/keys/custody.json")
        self.assertGreater(killed, 20)

    def begin_keeper(self, warehouse):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("EMC2_")}
        keeper = subprocess.Popen([EMC2, "keeper", "run", "--warehouse", self.path(warehouse)], stderr=subprocess.DEVNULL, env=environment)
        self.addCleanup(keeper.wait, 60)
        self.addCleanup(keeper.send_signal, signal.SIGTERM)
        for _ in range(500):
            if self.emc2("key", "status", "--warehouse", self.path(warehouse), fault="none:1").returncode == 0:
                return
            time.sleep(0.02)
        self.fail("the keeper does not start")

    def unseal(self, warehouse, shares, names):
        for name in names:
            self.emc2("key", "unseal", "--share", self.path(f"{shares}/{name}.share"), "--custodian", self.path(f"people/{name}.custodian"),
                      "--passphrase-file", self.path(f"people/{name}.passphrase"), "--warehouse", self.path(warehouse))

    def settled(self, warehouse):
        """A keeper enters the acts of a client when it notices that the client has gone: it has, once it answers the next one."""
        self.emc2("key", "status", "--warehouse", self.path(warehouse))

    def files_of(self, warehouse):
        found = {}
        for folder, _, names in os.walk(self.path(warehouse)):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and name != "lock" and not name.startswith("keeper.sock"):
                    with open(path, "rb") as file:
                        found[os.path.relpath(path, self.path(warehouse))] = file.read()
        return found

    def test_a_ceremony_never_overwrites_what_has_been_used(self):
        """store.json is gone, everything else is there: keys, log and data stay as they are, whatever is tried."""
        self.emc2("synthesise", "--persons", "30", "--seed", "1", "--out", self.path("few"))
        self.ceremony("used", "used_shares", names=NAMES[:2], threshold=2)
        self.begin_keeper("used")
        self.unseal("used", "used_shares", NAMES[:2])
        self.settled("used")
        os.rename(self.path("used/store.json"), self.path("kept.json"))
        before = self.files_of("used")  # no data yet, but a log in which somebody was let in
        self.assertIn("log", self.ceremony("used", "other_shares", names=NAMES[:2], threshold=2, code=6).stderr)
        self.assertEqual(self.files_of("used"), before)
        os.rename(self.path("kept.json"), self.path("used/store.json"))
        self.emc2("load", self.path("few"), "--warehouse", self.path("used"), "--quiet")
        self.settled("used")
        os.rename(self.path("used/store.json"), self.path("kept.json"))
        shutil.move(self.path("used/ledger"), self.path("ledger_elsewhere"))  # and data without a log
        before = self.files_of("used")
        for words in (("key", "ceremony", *self.pubs(NAMES[:2]), "--threshold", "2", "--out", self.path("other_shares")), ("init",)):
            done = self.emc2(*words, "--warehouse", self.path("used"), "--passphrase-file", self.path("operator.passphrase"), code=6)
            self.assertIn("put store.json back", done.stderr)
            self.assertEqual(self.files_of("used"), before)
        shutil.move(self.path("ledger_elsewhere"), self.path("used/ledger"))
        os.rename(self.path("kept.json"), self.path("used/store.json"))
        self.assertIn("30 persons", self.emc2("status", "--warehouse", self.path("used")).stdout)

    def test_no_other_custody_beside_a_keeper_that_is_unsealed(self):
        self.ceremony("beside", "beside_shares", names=NAMES[:2], threshold=2)
        self.begin_keeper("beside")
        self.unseal("beside", "beside_shares", NAMES[:2])
        gathered = self.gather("beside_two", "beside_shares", NAMES[:2])
        self.assertIn("emc2 key seal", self.reshare("beside", gathered, "beside_again", names=NAMES[2:4], threshold=2, code=10).stderr)
        self.assertFalse(os.path.exists(self.path("beside_again")))
        self.emc2("status", "--warehouse", self.path("beside"))
        self.emc2("key", "seal", "--warehouse", self.path("beside"))
        self.reshare("beside", gathered, "beside_again", names=NAMES[2:4], threshold=2)
        self.emc2("init", "--warehouse", self.path("over"), "--passphrase-file", self.path("operator.passphrase"))
        self.begin_keeper("over")
        self.emc2("key", "unseal", "--warehouse", self.path("over"), "--passphrase-file", self.path("operator.passphrase"))
        self.assertIn("emc2 key seal", self.ceremony("over", "over_shares", code=10).stderr)
        self.assertTrue(os.path.exists(self.path("over/keys/root.sealed")))
        self.emc2("key", "seal", "--warehouse", self.path("over"))
        self.ceremony("over", "over_shares")

    def test_sheet_and_restore(self):
        self.ceremony("paper", "paper_shares")
        self.emc2("key", "custodian", "sheet", "--custodian", self.path("people/elena.custodian"), "--share",
                  self.path("paper_shares/elena.share"), "--out", self.path("elena"))
        with open(self.path("elena.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertIn("Recovery sheet", page)
        self.assertIn("Fiche de secours", page)
        with open(self.path("elena.txt"), encoding="utf-8") as file:
            text = file.read()
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        mistyped = lines[4][:10] + ("A" if lines[4][10] != "A" else "B") + lines[4][11:]
        self.write("typed.txt", "\n".join(lines[:4] + [mistyped] + lines[5:]))
        self.assertIn("line 05 of the sheet was mistyped", self.emc2("key", "custodian", "restore", "--sheet", self.path("typed.txt"),
                                                                     "--out", self.path("wrong"), code=3).stderr)
        self.write("typed.txt", "\n".join(lines).lower().replace(" 0", " o"))
        self.emc2("key", "custodian", "restore", "--sheet", self.path("typed.txt"), "--out", self.path("back"))
        for kind, original in (("custodian", "people/elena.custodian"), ("share", "paper_shares/elena.share")):
            with open(self.path(f"back.{kind}"), "rb") as back, open(self.path(original), "rb") as first:
                self.assertEqual(back.read(), first.read())

    def test_refusals_say_what_is_wrong(self):
        self.assertIn("2 to", self.ceremony("never", "never", threshold=1, code=2).stderr)
        self.assertIn("same name or the same key", self.ceremony("never", "never", names=["alice", "bruno", "alice"], threshold=2,
                                                                 code=2).stderr)
        with open(self.path("people/alice.custodian.pub"), encoding="utf-8") as file:
            line = file.read().strip()
        self.write("people/typo.custodian.pub", line[:-1] + ("0" if line[-1] != "0" else "1"))
        self.assertIn("mistyped", self.ceremony("never2", "never", names=["typo", "bruno"], threshold=2, code=3).stderr)
        self.assertIn("there already", self.emc2("key", "custodian", "new", "--name", "alice", "--out",
                                                 self.path("people/alice.custodian"), "--passphrase-file",
                                                 self.path("people/alice.passphrase"), code=6).stderr)

    @unittest.skipUnless(SOFTHSM, "SoftHSM (softhsm2) is not installed")
    def test_custodian_with_a_token(self):
        os.mkdir(self.path("tokens"))
        self.write("softhsm2.conf", f"directories.tokendir = {self.path('tokens')}\nlog.level = ERROR")
        os.environ["SOFTHSM2_CONF"] = self.path("softhsm2.conf")
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "gita", "--so-pin", "87654321", "--pin", "1234"], check=True,
                       stdout=subprocess.DEVNULL)
        self.write("people/gita.passphrase", "1234")
        token = ["--pkcs11-module", SOFTHSM, "--pkcs11-token", "gita"]
        self.emc2("key", "custodian", "new", "--name", "gita", "--out", self.path("people/gita.custodian"), "--passphrase-file",
                  self.path("people/gita.passphrase"), *token)
        self.ceremony("token", "token_shares", names=["alice", "gita", "chloe"], threshold=2)
        self.assertIn("share 2 of 3", self.drill("gita", "token_shares/gita.share", "token_shares/custody.json", words=token).stdout)
        self.assertIn("--pkcs11-module is missing", self.drill("gita", "token_shares/gita.share", "token_shares/custody.json", code=2).stderr)
        self.write("people/gita.passphrase", "4321")
        self.assertIn("PIN is wrong", self.drill("gita", "token_shares/gita.share", "token_shares/custody.json", code=7, words=token).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
