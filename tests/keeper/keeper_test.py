#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""A warehouse that opens through its keeper, as its users and those who should not would go at it: keeper_test.py PATH/TO/emc2

The keeper is started, unsealed, used by seven threads, sealed, killed in the middle of a load, sent garbage, and looked at from outside:
its memory, its environment, its arguments. Nothing that was acknowledged is lost, and every refusal says what to do."""
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

EMC2 = os.path.abspath(sys.argv.pop(1))
DENIED, BUSY, IO, NOT_FOUND, CORRUPT = 7, 10, 11, 5, 8
HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = "five unrelated words for tests"
NOBODY = 65534


def environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("EMC2_")}


class Keeper(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-keeper-")
        cls.passphrase = cls.secret_file("passphrase", SECRET)
        cls.population = os.path.join(cls.root, "population")
        subprocess.run([EMC2, "synthesise", "--persons", "2000", "--seed", "7", "--out", cls.population, "--quiet"], check=True,
                       capture_output=True, env=environment())

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    @classmethod
    def secret_file(cls, name, text):
        path = os.path.join(cls.root, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.chmod(path, 0o600)
        return path

    def setUp(self):
        self.warehouse = tempfile.mkdtemp(prefix="w", dir=self.root)
        os.rmdir(self.warehouse)
        self.emc2("init", "--passphrase-file", self.passphrase)
        self.socket = os.path.join(self.warehouse, "keys", "keeper.sock")
        self.log = os.path.join(self.root, "keeper.log")
        self.keeper = None
        self.start()

    def tearDown(self):
        self.stop()
        shutil.rmtree(self.warehouse)

    def start(self, *options):
        self.stop()
        with open(self.log, "ab") as log:
            self.keeper = subprocess.Popen([EMC2, "keeper", "run", "--warehouse", self.warehouse, *options], stderr=log, env=environment())
        for _ in range(500):
            if self.emc2("key", "status", expect=None).returncode == 0:
                return
            time.sleep(0.02)
        self.fail("the keeper does not start")

    def stop(self, number=signal.SIGTERM):
        if self.keeper:
            self.keeper.send_signal(number)
            code = self.keeper.wait(timeout=60)
            self.assertEqual(code, 0 if number == signal.SIGTERM else -number)
        self.keeper = None

    def emc2(self, *arguments, expect=0):
        """expect: the exit code, or None for any."""
        result = subprocess.run([EMC2, *arguments, "--warehouse", self.warehouse], capture_output=True, text=True, env=environment(),
                                stdin=subprocess.DEVNULL, timeout=300, check=False)
        if expect is not None:
            self.assertEqual(result.returncode, expect, f"{arguments}\n{result.stdout}\n{result.stderr}")
        return result

    def unseal(self):
        self.assertIn("unsealed", self.emc2("key", "unseal", "--passphrase-file", self.passphrase).stdout)

    def settled(self):
        """What the keeper still had to enter for clients that are gone is in the log: it hears of their end before it takes in the next."""
        self.status()

    def status(self):
        return json.loads(self.emc2("key", "status", "--json").stdout)

    def loaded(self):
        self.unseal()
        self.emc2("load", self.population, "--threads", "7", "--quiet")

    def test_sealed_until_the_right_passphrase_comes(self):
        refusal = self.emc2("status", expect=DENIED).stderr
        self.assertIn("the keeper is sealed", refusal)
        self.assertIn("emc2 key unseal", refusal)
        wrong = self.secret_file("wrong", "five unrelated words for texts")
        self.assertIn("passphrase is wrong", self.emc2("key", "unseal", "--passphrase-file", wrong, expect=DENIED).stderr)
        self.assertFalse(self.status()["unsealed"])
        self.unseal()
        state = self.status()
        self.assertTrue(state["unsealed"])
        self.assertEqual(state["custody"], "passphrase")

    def test_everything_works_through_it_and_nothing_after_sealing(self):
        self.loaded()
        through = self.emc2("status", "--json").stdout
        self.assertEqual(json.loads(through)["tables"]["person"], 2000)
        self.assertEqual(through, self.emc2("status", "--json", "--passphrase-file", self.passphrase).stdout)
        self.emc2("snapshot", "verify", "--threads", "7", "--quiet")
        self.emc2("export", "--format", "csv", "--out", os.path.join(self.warehouse, "out"), "--quiet")
        self.assertGreater(self.status()["keys_opened"], 5)
        self.assertIn("wiped", self.emc2("key", "seal").stdout)
        for command in (["status"], ["snapshot", "verify"], ["load", self.population]):
            self.assertIn("sealed", self.emc2(*command, expect=DENIED).stderr)
        self.unseal()
        self.assertEqual(through, self.emc2("status", "--json").stdout)

    def load_until_killed(self):
        """The keeper is killed when the first new segment is being written: its key was made and is not in the table yet."""
        segments = os.path.join(self.warehouse, "segments")
        there = set(os.listdir(segments))
        load = subprocess.Popen([EMC2, "load", self.population, "--replace", "--warehouse", self.warehouse, "--quiet"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment())
        while load.poll() is None and set(os.listdir(segments)) <= there:
            pass
        self.stop(signal.SIGKILL)
        _, words = load.communicate(timeout=120)
        return words, load.returncode

    def restarted_status(self):
        self.start()
        self.unseal()
        return self.emc2("status", "--json").stdout

    def test_killed_in_the_middle_of_a_load_nothing_is_lost(self):
        self.loaded()
        before = self.emc2("status", "--json").stdout
        for _ in range(5):
            words, code = self.load_until_killed()
            if code != 0:
                break
            before = self.restarted_status()
        else:
            self.skipTest("the loads were faster than the kills")
        self.assertEqual(code, IO, words)
        self.assertIn("keeper", words)
        refusal = self.emc2("status", expect=None)
        self.assertIn(refusal.returncode, (IO, NOT_FOUND))
        self.assertIn("the keeper does not answer", refusal.stderr)
        self.assertIn("emc2 keeper run", refusal.stderr)
        self.assertEqual(before, self.restarted_status())
        self.emc2("snapshot", "verify", "--quiet")
        self.emc2("load", self.population, "--replace", "--quiet")

    def test_it_knows_whom_an_older_copy_of_the_data_must_not_bring_back(self):
        self.loaded()
        copy = self.warehouse + "-before"
        self.addCleanup(shutil.rmtree, copy)
        self.settled()
        parts = ("segments", "snapshots", "ledger", "openings")
        for part in parts:
            shutil.copytree(os.path.join(self.warehouse, part), os.path.join(copy, part))
        self.emc2("person", "exclude", "--person", "1", "--reason", "objection")
        self.settled()
        for part in parts:
            shutil.rmtree(os.path.join(self.warehouse, part))
            shutil.move(os.path.join(copy, part), os.path.join(self.warehouse, part))
        self.assertIn("its keys know snapshot 2, the newest here is 1", self.emc2("status", expect=8).stderr)
        self.assertIn("1 person who was excluded", self.emc2("restore", "accept", "--reason", "the disk is lost").stdout)
        self.assertIn("1 999 persons", self.emc2("status").stdout)

    def test_time_seals_it(self):
        settings = os.path.join(self.root, "settings")
        with open(settings, "w", encoding="utf-8") as file:
            file.write("keeper_unsealed_seconds_max = 2\n")
        self.start("--settings", settings)
        self.unseal()
        time.sleep(3.5)
        self.assertFalse(self.status()["unsealed"])
        self.emc2("status", expect=DENIED)

    def test_garbage_and_a_crowd_do_not_hinder_others(self):
        self.loaded()
        crowd = []
        for i in range(100):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            client.settimeout(5)
            client.connect(self.socket)
            if i % 4:
                try:
                    client.send((b"EMK\1" if i % 2 else b"") + os.urandom(1 + (i * 997) % 60000))
                except BrokenPipeError:
                    pass
            crowd.append(client)
        started = time.monotonic()
        self.emc2("snapshot", "verify", "--quiet")
        self.assertLess(time.monotonic() - started, 30)
        for client in crowd:
            client.close()
        self.assertTrue(self.status()["unsealed"])

    def test_refused_offers_do_not_keep_it_sealed(self):
        """More of them than the keeper can keep for the log while it is sealed: they are counted, and it unseals."""
        refused = 600
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(30)
        client.connect(self.socket)
        for number in range(refused):
            client.send(b"EMK\1" + number.to_bytes(4, "little") + b"\2" + b"this is no passphrase")
            self.assertEqual(client.recv(1 << 16)[9], 1)
        client.close()
        self.unseal()
        records = self.records()
        counted = [record for record in records if record["act"] == "refusal"]
        self.assertEqual(len(counted), 1)
        self.assertEqual(counted[0]["facts"]["times"], refused)
        self.assertEqual(counted[0]["actor"], f"user:{os.geteuid()}")
        self.assertIn("key.unseal", [record["act"] for record in records])

    def test_the_public_log_has_no_process_and_no_count_of_keys(self):
        self.loaded()
        self.emc2("snapshot", "verify", "--quiet")
        self.emc2("key", "seal")
        own = [record for record in self.records() if "keeper" in record["facts"]]
        self.assertIn("keys-opened", [record["facts"]["keeper"] for record in own])
        for record in own:
            self.assertFalse({"process", "keys", "holder"} & set(record["facts"]), record)
        opened = [record for record in own if record["facts"]["keeper"] == "keys-opened"]
        self.assertTrue(all("keys" in record["private"] for record in opened))
        self.unseal()
        self.emc2("snapshot", "verify", "--quiet")

    def test_verifying_showing_and_another_passphrase_are_entered(self):
        self.loaded()
        self.emc2("snapshot", "verify", "--quiet")
        self.emc2("log", "openings", self.private("source"))
        new = self.secret_file("newer", "five other words for tests")
        self.emc2("key", "passphrase", "--passphrase-file", self.passphrase, "--new-passphrase-file", new)
        self.emc2("log", "forget", "--before", "9007199254740991")
        acts = {record["act"]: record for record in self.records()}
        self.assertEqual(acts["verify"]["facts"]["snapshot"], 1)
        self.assertIn("entry", acts["log.openings"]["facts"])
        self.assertIsNotNone(acts["key.passphrase"]["grant"])
        self.assertEqual(acts["log.forget"]["facts"]["before"], 0)
        self.emc2("snapshot", "verify", "--quiet")

    def test_forgetting_through_it_ends_and_spares_what_is_in_use(self):
        """The keeper destroys keys for somebody who holds the lock of the log: neither waits for the other."""
        self.loaded()
        definition = os.path.join(HERE, "..", "golden", "cohorts", "asthma_new_users.json")
        definitions = os.path.join(self.root, "definitions")
        os.makedirs(definitions)
        for number in range(300):
            shutil.copyfile(definition, os.path.join(definitions, f"{number}.json"))
        self.emc2("cohort", "run", definitions, "--out", os.path.join(self.root, "rows.csv"), "--quiet")
        started = time.monotonic()
        self.emc2("log", "forget", "--before", str(2 ** 53 - 1), "--quiet")
        self.assertLess(time.monotonic() - started, 30)
        self.emc2("status")  # what the keeper had to enter waits for its next act at the latest
        records = self.records()
        acts = [record["act"] for record in records]
        self.assertLess(acts.index("log.forget"), acts.index("key.destroy"))
        self.assertEqual(records[acts.index("log.forget")]["facts"]["before"], 256)
        last = max(number for number, record in enumerate(records) if "counts" in record["private"])
        self.assertGreaterEqual(last, 256)
        self.emc2("log", "openings", "250", expect=NOT_FOUND)
        self.assertIn("persons", self.emc2("log", "openings", str(last)).stdout)
        self.emc2("snapshot", "verify", "--quiet")
        self.settled()
        path = os.path.join(self.warehouse, "openings", "00000001.openings")
        os.rename(path, path + ".away")
        result = self.emc2("snapshot", "verify", "--quiet", expect=CORRUPT)
        self.assertIn("openings/00000001.openings", result.stderr)

    def private(self, name):
        """The number of the first entry that has this private part."""
        return next(str(number) for number, record in enumerate(self.records()) if name in record["private"])

    def records(self):
        lines = self.emc2("log", "list", "--json", "--first", "0", "--count", "10000").stdout.splitlines()
        return [json.loads(line)["record"] for line in lines]

    def test_nobody_sees_into_it(self):
        self.loaded()
        process = self.keeper.pid
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o600)
        for name in ("environ", "cmdline"):
            with open(f"/proc/{process}/{name}", "rb") as file:
                self.assertNotIn(SECRET.encode(), file.read())
        with open(self.log, "rb") as file:
            self.assertNotIn(SECRET.encode(), file.read())
        with open(f"/proc/{process}/limits", encoding="utf-8") as file:
            cores = [line.split() for line in file if line.startswith("Max core file size")]
        self.assertEqual(cores[0][4:6], ["0", "0"])
        with open(f"/proc/{process}/status", encoding="utf-8") as file:
            facts = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        self.assertEqual(facts["NoNewPrivs"], "1")
        self.assertEqual(facts["CapEff"], "0" * 16)
        self.assertEqual(os.stat(f"/proc/{process}/mem").st_uid, 0)  # not dumpable: root's, whoever runs it
        with open("/proc/net/unix", encoding="utf-8") as file:
            own = {line.split()[6] for line in file if self.socket in line}
        links = []
        for descriptor in os.listdir(f"/proc/{process}/fd"):
            try:
                links.append(os.readlink(f"/proc/{process}/fd/{descriptor}"))
            except FileNotFoundError:
                pass
        self.assertTrue(own)
        with open("/proc/net/tcp", encoding="utf-8") as file:
            internet = {f"socket:[{line.split()[9]}]" for line in file.readlines()[1:]}
        self.assertFalse(internet & set(links), "the keeper has a network socket")

    def as_user(self, user, *command):
        return subprocess.run(["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups", *command], capture_output=True,
                              env=environment(), check=False)

    def test_another_user_is_refused(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("only root can be somebody else")
        self.loaded()
        process = self.keeper.pid
        for name in ("mem", "environ"):
            self.assertNotEqual(self.as_user(NOBODY, "cat", f"/proc/{process}/{name}").returncode, 0)
        for folder in (self.root, self.warehouse):
            os.chmod(folder, 0o755)
        ask = ("import socket,sys; s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET); s.settimeout(5); s.connect(sys.argv[1]); "
               "sys.stdout.buffer.write(s.recv(65536))")
        answer = self.as_user(NOBODY, sys.executable, "-c", ask, self.socket)
        self.assertIn(b"PermissionError", answer.stderr)
        # The folder and the socket open: the keeper itself looks at who it is.
        os.chmod(os.path.join(self.warehouse, "keys"), 0o755)
        os.chmod(self.socket, 0o666)
        answer = self.as_user(NOBODY, sys.executable, "-c", ask, self.socket)
        self.assertIn(b"does not serve this user", answer.stdout)
        with open(self.log, encoding="utf-8") as file:
            self.assertIn(f"peer refused, user {NOBODY}", file.read())

    def test_a_group_may_be_let_in(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("only root can be somebody else")
        folder = tempfile.mkdtemp(prefix="s", dir=self.root)
        os.chown(folder, -1, NOBODY)
        os.chmod(folder, 0o750)
        os.chmod(self.root, 0o755)
        path = os.path.join(folder, "sock")
        keeper = subprocess.Popen([EMC2, "keeper", "run", "--warehouse", self.warehouse, "--socket", path], stderr=subprocess.DEVNULL,
                                  env=environment())
        try:
            for _ in range(500):
                if os.path.exists(path) and stat.S_IMODE(os.stat(path).st_mode) == 0o660:
                    break
                time.sleep(0.02)
            allowed = self.as_user(NOBODY, EMC2, "key", "status", "--keeper", path)
            self.assertEqual(allowed.returncode, 0, allowed.stderr)
            self.assertEqual(self.as_user(NOBODY - 1, EMC2, "key", "status", "--keeper", path).returncode, DENIED)
        finally:
            keeper.terminate()
            self.assertEqual(keeper.wait(timeout=60), 0)

    def test_one_keeper_and_a_stale_socket(self):
        second = self.emc2("keeper", "run", expect=BUSY)
        self.assertIn("a keeper is running here already", second.stderr)
        self.stop(signal.SIGKILL)
        self.assertTrue(os.path.exists(self.socket))
        self.start()
        self.assertFalse(self.status()["unsealed"])

    def test_a_copy_of_the_keys_is_made_beside_it(self):
        copy = os.path.join(self.root, "copy")
        self.emc2("key", "backup", "--to", copy, "--quiet")
        self.assertEqual({"root.sealed", "table"}, set(os.listdir(os.path.join(copy, "keys"))) - {"lock"})

    def test_rotate_and_passphrase(self):
        self.loaded()
        before = self.emc2("status", "--json").stdout
        self.assertIn("emc2 key seal", self.emc2("key", "rotate", "--passphrase-file", self.passphrase, expect=BUSY).stderr)
        self.emc2("key", "seal")
        data = {path: os.stat(os.path.join(self.warehouse, "segments", path)).st_mtime_ns
                for path in os.listdir(os.path.join(self.warehouse, "segments"))}
        self.emc2("key", "rotate", "--passphrase-file", self.passphrase)
        another = self.secret_file("another", "seven other words for this test")
        self.emc2("key", "passphrase", "--passphrase-file", self.passphrase, "--new-passphrase-file", another)
        self.assertIn("passphrase is wrong", self.emc2("key", "unseal", "--passphrase-file", self.passphrase, expect=DENIED).stderr)
        self.emc2("key", "unseal", "--passphrase-file", another)
        self.assertEqual(before, self.emc2("status", "--json").stdout)
        self.emc2("snapshot", "verify", "--quiet")
        for path, written in data.items():
            self.assertEqual(os.stat(os.path.join(self.warehouse, "segments", path)).st_mtime_ns, written)


if __name__ == "__main__":
    unittest.main(verbosity=1)
