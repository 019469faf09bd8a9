#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Backup and restore through the program: backup_test.py PATH/TO/emc2

A warehouse is backed up beside a running load, killed at every write, out of disk, damaged byte by byte, restored on a second place and shown to hold
the same tables. No key is ever in a backup, and none of it needs the passphrase."""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

EMC2 = os.path.abspath(sys.argv.pop(1))
INVALID_ARGUMENT, NOT_FOUND, EXISTS, DENIED, CORRUPT = 2, 5, 6, 7, 8
WITHOUT_PASSPHRASE = ("synthesise", "backup", "restore", "key")


class Backup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-backup-")
        cls.passphrase = os.path.join(cls.root, "passphrase")
        with open(cls.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(cls.passphrase, 0o600)
        for name, persons, seed in (("one", "400", "3"), ("two", "300", "4")):
            cls.run_ok("synthesise", "--persons", persons, "--seed", seed, "--out", cls.path(name))
        cls.first = cls.path("first")
        cls.run_ok("init", "--warehouse", cls.first)
        cls.run_ok("load", cls.path("one"), "--warehouse", cls.first)
        cls.second = cls.path("second")
        shutil.copytree(cls.first, cls.second)
        cls.run_ok("load", cls.path("two"), "--replace", "--warehouse", cls.second)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    @classmethod
    def path(cls, *parts):
        return os.path.join(cls.root, *parts)

    def place(self, name):
        path = self.path(f"{self.id().rsplit('.', 1)[-1]}-{name}")
        self.addCleanup(shutil.rmtree, path, True)
        return path

    @classmethod
    def run_emc2(cls, *arguments, fault=None, trace=None, bytes_max=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EMC2_")}
        environment.update({"EMC2_FAULT": fault} if fault else {}, **({"EMC2_FAULT_TRACE": trace} if trace else {}))
        command = [EMC2, *arguments, "--quiet"]
        command += [] if arguments[0] in WITHOUT_PASSPHRASE and arguments[1] != "accept" else ["--passphrase-file", cls.passphrase]

        def limit():
            if bytes_max:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max))

        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False, preexec_fn=limit,
                              stdin=subprocess.DEVNULL)

    @classmethod
    def run_ok(cls, *arguments):
        result = cls.run_emc2(*arguments)
        assert result.returncode == 0, f"emc2 {' '.join(arguments)}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def hashes(self, warehouse, *more):
        return json.loads(self.run_ok("snapshot", "hash", "--json", "--warehouse", warehouse, *more))

    def files_of(self, directory):
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(directory) for name in names)

    def restored(self, backup, keys, name):
        """The copy of the keys may be of later than the backup."""
        target = self.place(name)
        self.run_ok("restore", "--from", backup, "--keys", keys, "--to", target)
        if self.run_emc2("status", "--warehouse", target).returncode == CORRUPT:
            self.run_ok("restore", "accept", "--reason", "a load ended after the backup", "--warehouse", target)
        self.run_ok("snapshot", "verify", "--warehouse", target)
        return target

    def test_what_is_restored_is_the_warehouse(self):
        backup, keys = self.place("data"), self.place("keys")
        self.run_ok("backup", "--warehouse", self.first, "--to", backup)
        before = len(self.files_of(backup))
        self.assertIn("; 0 of them", self.run_ok("backup", "--warehouse", self.first, "--to", backup))
        self.assertEqual(len(self.files_of(backup)), before)
        self.run_ok("key", "backup", "--warehouse", self.first, "--to", keys)
        target = self.restored(backup, keys, "again")
        self.assertEqual(self.hashes(target), self.hashes(self.first))
        self.run_ok("load", self.path("two"), "--replace", "--warehouse", target)  # and it goes on living
        bare = self.place("bare")
        self.run_ok("restore", "--from", backup, "--to", bare)
        self.assertNotEqual(self.run_emc2("status", "--warehouse", bare).returncode, 0)
        self.assertEqual(self.run_emc2("restore", "--from", backup, "--to", bare).returncode, EXISTS)
        self.assertEqual(self.run_emc2("restore", "--from", self.path("one"), "--to", self.path("x")).returncode, NOT_FOUND)
        self.assertEqual(self.run_emc2("backup", "--warehouse", self.first).returncode, INVALID_ARGUMENT)

    def test_no_key_is_in_a_backup(self):
        backup = self.place("data")
        self.run_ok("backup", "--warehouse", self.first, "--to", backup)
        for key in self.files_of(os.path.join(self.first, "keys")):
            with open(key, "rb") as file:
                content = file.read()
            for path in self.files_of(backup):
                with open(path, "rb") as file:
                    held = file.read()
                # 24 bytes: ids of 16 are in the table and, in clear, in the files that they name
                self.assertFalse(any(content[i:i + 24] in held for i in range(len(content) - 23)), f"bytes of {key} are in {path}")
        self.assertEqual(self.run_emc2("key", "backup", "--warehouse", self.first, "--to", os.path.join(backup, "k")).returncode, DENIED)

    def passages(self, *arguments):
        trace = self.place("trace")
        self.assertEqual(self.run_emc2(*arguments, trace=trace).returncode, 0)
        with open(trace, encoding="utf-8") as file:
            return len(file.read().split("\n")) - 1

    def test_killed_or_out_of_disk_at_every_write_the_backup_before_is_whole(self):
        base, keys, dry = self.place("base"), self.place("keys"), self.place("dry")
        self.run_ok("backup", "--warehouse", self.first, "--to", base)
        self.run_ok("key", "backup", "--warehouse", self.second, "--to", keys)
        shutil.copytree(base, dry)
        count = self.passages("backup", "--warehouse", self.second, "--to", dry, "--prune")
        self.assertGreater(count, 20)
        old, new = 0, 0
        for passage in range(1, count + 1):
            for fault in (f"*:{passage}", f"*:{passage}:error"):
                backup = self.place("killed")
                shutil.copytree(base, backup)
                result = self.run_emc2("backup", "--warehouse", self.second, "--to", backup, "--prune", fault=fault)
                self.assertNotEqual(result.returncode, 0, fault)
                self.assertTrue(result.returncode == -signal.SIGKILL or fault.endswith("error"), fault)
                self.run_ok("backup", "verify", "--from", backup)
                with open(os.path.join(backup, "backup.json"), encoding="utf-8") as file:
                    is_new = "00000002.manifest" in file.read()
                new, old = new + is_new, old + (not is_new)
                if passage % 7 == 0:
                    self.run_ok("backup", "--warehouse", self.second, "--to", backup)
                    target = self.restored(backup, keys, "again")
                    self.assertEqual(len(json.loads(self.run_ok("snapshot", "list", "--json", "--warehouse", target))), 2)
                    shutil.rmtree(target)
                shutil.rmtree(backup)
        self.assertGreater(old, new)
        print(f"\nbackup: {count} places, killed and failed at each: {old} times the backup before, {new} times the new one, always whole")

    def test_a_disk_that_is_really_full(self):
        base = self.place("base")
        self.run_ok("backup", "--warehouse", self.first, "--to", base)
        largest = max(os.path.getsize(path) for path in self.files_of(self.second))
        result = self.run_emc2("backup", "--warehouse", self.second, "--to", base, bytes_max=largest // 2)
        self.assertEqual(result.returncode, 11, result.stderr)
        self.run_ok("backup", "verify", "--from", base)
        target = self.place("again")
        result = self.run_emc2("restore", "--from", base, "--to", target, bytes_max=largest // 2)
        self.assertEqual(result.returncode, 11, result.stderr)
        self.assertFalse(os.path.exists(target) or os.path.exists(target + ".partial"))

    def test_restore_and_key_backup_killed_at_every_write(self):
        backup, keys = self.place("data"), self.place("keys")
        self.run_ok("backup", "--warehouse", self.first, "--to", backup)
        self.run_ok("key", "backup", "--warehouse", self.first, "--to", keys)
        target = self.place("target")
        count = self.passages("restore", "--from", backup, "--keys", keys, "--to", target)
        shutil.rmtree(target)
        for passage in range(1, count + 1):
            self.run_emc2("restore", "--from", backup, "--keys", keys, "--to", target, fault=f"*:{passage}")
            if os.path.exists(target):
                self.run_ok("snapshot", "verify", "--warehouse", target)
                shutil.rmtree(target)
        self.run_ok("restore", "--from", backup, "--keys", keys, "--to", target)
        self.assertFalse(os.path.exists(target + ".partial"))
        count = self.passages("key", "backup", "--warehouse", self.first, "--to", keys)
        for passage in range(1, count + 1):
            self.run_emc2("key", "backup", "--warehouse", self.first, "--to", keys, fault=f"*:{passage}")
            held = [name for name in ("keys", "keys.old") if os.path.isdir(os.path.join(keys, name))]
            self.assertTrue(held, "no whole copy of the keys is left")
            self.assertEqual(os.listdir(os.path.join(keys, held[0])), os.listdir(os.path.join(self.first, "keys")))
        self.run_ok("key", "backup", "--warehouse", self.first, "--to", keys)
        self.assertEqual(sorted(os.listdir(keys)), ["keys", "store.json"])

    def test_beside_running_loads(self):
        warehouse, backup, keys = self.place("busy"), self.place("data"), self.place("keys")
        shutil.copytree(self.first, warehouse)
        command = [EMC2, "load", self.path("two"), "--replace", "--quiet", "--warehouse", warehouse, "--passphrase-file", self.passphrase]
        for _ in range(4):
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as load:
                made = 0
                while load.poll() is None:
                    made += self.run_emc2("backup", "--warehouse", warehouse, "--to", backup).returncode == 0
                self.assertEqual(load.returncode, 0)
            self.run_ok("key", "backup", "--warehouse", warehouse, "--to", keys)
            self.assertGreater(made, 0)
            target = self.restored(backup, keys, "again")
            shutil.rmtree(target)

    def refused(self, warehouse, code, *words):
        """Twice: being asked changes nothing."""
        for _ in range(2):
            result = self.run_emc2("status", "--warehouse", warehouse)
            self.assertEqual(result.returncode, code, result.stdout + result.stderr)
            for word in words:
                self.assertIn(word, result.stderr)

    def put_back(self, warehouse, older, *parts):
        for part in parts:
            shutil.rmtree(os.path.join(warehouse, part))
            shutil.copytree(os.path.join(older, part), os.path.join(warehouse, part))

    def aged(self):
        """A warehouse, and copies of it before an exclusion (snapshot 1), after it (2), and after another load (3)."""
        warehouse, copies = self.place("w"), []
        shutil.copytree(self.first, warehouse)
        for step in ((), ("person", "exclude", "--person", "1", "--reason", "objection"), ("load", self.path("two"), "--replace")):
            if step:
                self.run_ok(*step, "--warehouse", warehouse)
            copies.append(self.place(f"copy{len(copies) + 1}"))
            shutil.copytree(warehouse, copies[-1])
        return warehouse, copies

    def test_who_was_excluded_does_not_come_back_with_older_data(self):
        warehouse, copies = self.aged()
        backup, keys, target = self.place("data"), self.place("keys"), self.place("again")
        self.run_ok("backup", "--warehouse", copies[0], "--to", backup)
        self.run_ok("key", "backup", "--warehouse", warehouse, "--to", keys)
        self.run_ok("restore", "--from", backup, "--keys", keys, "--to", target)
        self.refused(target, CORRUPT, "its keys know snapshot 3, the newest here is 1", "emc2 restore accept")
        for command in (("cohort", "count", "examples/cohorts/rare_blood_cancer.json"), ("export", "--out", self.place("out")),
                        ("load", self.path("two"), "--replace"), ("snapshot", "verify")):
            self.assertNotEqual(self.run_emc2(*command, "--warehouse", target).returncode, 0, command)
        self.assertEqual(self.run_emc2("restore", "accept", "--warehouse", target).returncode, INVALID_ARGUMENT)
        said = self.run_ok("restore", "accept", "--reason", "the disk is lost", "--warehouse", target)
        self.assertIn("goes on from snapshot 1", said)
        self.assertIn("snapshot 2: 1 person who was excluded after it is excluded again", said)
        self.assertIn("399 persons", self.run_ok("status", "--warehouse", target))
        self.run_ok("snapshot", "verify", "--deep", "--warehouse", target)
        listed = self.run_ok("log", "list", "--warehouse", target, "--act", "restore")
        self.assertIn("known_to_keys 3", listed)
        self.run_ok("load", self.path("two"), "--replace", "--warehouse", target)
        self.assertIn("299 persons", self.run_ok("status", "--warehouse", target))  # not by the next load either
        again = self.run_emc2("restore", "accept", "--reason", "once more", "--warehouse", target)
        self.assertEqual(again.returncode, INVALID_ARGUMENT, again.stderr)

    def test_accepting_killed_anywhere_brings_nobody_back(self):
        warehouse, copies = self.aged()
        refused = 0
        for part in ("segments", "snapshots", "ledger", "openings"):
            self.put_back(warehouse, copies[0], part)
        for passage in range(1, 400, 3):
            killed = self.place("killed")
            shutil.copytree(warehouse, killed)
            accept = ("restore", "accept", "--reason", "the disk is lost", "--warehouse", killed)
            done = self.run_emc2(*accept, fault=f"*:{passage}").returncode
            status = self.run_emc2("status", "--warehouse", killed)
            if status.returncode == CORRUPT:
                refused += 1
                self.run_ok(*accept)
                status = self.run_emc2("status", "--warehouse", killed)
            self.assertIn("399 persons", status.stdout, f"passage {passage}: {status.stderr}")
            shutil.rmtree(killed)
            if done == 0:
                break
        self.assertGreater(refused, 5)

    def test_a_warehouse_that_was_empty_then_excludes_too(self):
        warehouse, copy = self.place("w"), self.place("copy")
        self.run_ok("init", "--warehouse", warehouse)
        shutil.copytree(warehouse, copy)
        self.run_ok("load", self.path("one"), "--warehouse", warehouse)
        self.run_ok("person", "exclude", "--person", "1", "--reason", "objection", "--warehouse", warehouse)
        self.put_back(warehouse, copy, "segments", "snapshots", "ledger", "openings")
        self.refused(warehouse, CORRUPT, "its keys know snapshot 2, the newest here is 0")
        self.run_ok("restore", "accept", "--reason", "the disk is lost", "--warehouse", warehouse)
        self.run_ok("load", self.path("one"), "--warehouse", warehouse)
        self.assertIn("399 persons", self.run_ok("status", "--warehouse", warehouse))

    def test_whatever_is_older_than_the_rest_is_found(self):
        warehouse, copies = self.aged()
        data, log = ("segments", "snapshots"), ("ledger", "openings")
        self.put_back(warehouse, copies[0], *log)
        self.refused(warehouse, CORRUPT, "the log was rolled back: the newest snapshot that it knows is 1, the newest here is 3")
        self.put_back(warehouse, copies[1], *log)  # one behind, as after a crash
        self.refused(warehouse, CORRUPT, "the log was rolled back: it has")
        self.put_back(warehouse, copies[2], *log)
        self.put_back(warehouse, copies[1], *data)
        self.refused(warehouse, CORRUPT, "the log knows snapshot 3, the newest here is 2")
        self.put_back(warehouse, copies[1], *log)
        self.refused(warehouse, CORRUPT, "its keys know snapshot 3, the newest here is 2")
        self.put_back(warehouse, copies[1], "keys")  # all of one time: nobody here can tell; a witness can
        self.run_ok("status", "--warehouse", warehouse)
        self.put_back(warehouse, copies[2], *data, *log)
        self.refused(warehouse, CORRUPT, "keys/table may be an older copy: the newest snapshot that it knows is 2", "emc2 key backup")
        self.put_back(warehouse, copies[2], "keys")
        self.run_ok("snapshot", "verify", "--warehouse", warehouse)
        self.put_back(warehouse, copies[1], *log)  # a log that is lost for good is accepted as such, and entered
        self.run_ok("restore", "accept", "--reason", "the log is lost", "--warehouse", warehouse)
        self.assertIn("299 persons", self.run_ok("status", "--warehouse", warehouse))
        self.run_ok("snapshot", "verify", "--warehouse", warehouse)  # reads the log, too

    def test_a_log_one_behind_is_not_brought_up_by_readers(self):
        """A snapshot that a crash kept out of the log: readers go on, but only a writer enters it, as recovered."""
        warehouse = self.place("w")
        shutil.copytree(self.first, warehouse)
        result = self.run_emc2("load", self.path("two"), "--replace", "--warehouse", warehouse, fault="store_record:1")
        self.assertEqual(result.returncode, -signal.SIGKILL)
        for _ in range(2):
            self.run_ok("status", "--warehouse", warehouse)
        self.assertEqual(self.run_ok("log", "list", "--warehouse", warehouse, "--act", "snapshot.recovered"), "")
        self.run_ok("load", self.path("one"), "--replace", "--warehouse", warehouse)
        self.assertIn("snapshot.recovered", self.run_ok("log", "list", "--warehouse", warehouse, "--act", "snapshot.recovered"))

    def test_every_changed_file_is_found_and_named(self):
        backup = self.place("data")
        self.run_ok("backup", "--warehouse", self.first, "--to", backup)
        pick = random.Random(5)
        for path in self.files_of(backup):
            size = os.path.getsize(path)
            for position in {0, pick.randrange(size), size - 1} if size else ():
                with open(path, "r+b") as file:
                    file.seek(position)
                    byte = file.read(1)
                    file.seek(position)
                    file.write(bytes([byte[0] ^ 0x01]))
                result = self.run_emc2("backup", "verify", "--from", backup)
                if os.path.basename(path) != "backup.json" or result.returncode != 0:  # a changed date in the index changes no file
                    self.assertEqual(result.returncode, CORRUPT, f"byte {position} of {path}: {result.stdout}{result.stderr}")
                with open(path, "r+b") as file:
                    file.seek(position)
                    file.write(byte)
        self.run_ok("backup", "verify", "--from", backup)

    def test_usage_names_the_directories(self):
        for words, option in ((("backup", "verify"), "--from DIR"), (("backup",), "--to DIR"), (("restore",), "--from DIR --to DIR")):
            self.assertIn(f"usage: emc2 {' '.join(words)} {option}", self.run_ok(*words, "--help"))

    def test_a_log_behind_a_link_is_refused(self):
        warehouse = self.place("w")
        shutil.copytree(self.first, warehouse)
        for part in ("ledger", "openings"):
            os.rename(os.path.join(warehouse, part), os.path.join(warehouse, "kept"))
            shutil.copytree(os.path.join(warehouse, "kept"), self.place(part))
            os.symlink(self.place(part), os.path.join(warehouse, part))
            self.refused(warehouse, CORRUPT, f"{part} is a link to another place")
            os.remove(os.path.join(warehouse, part))
            os.rename(os.path.join(warehouse, "kept"), os.path.join(warehouse, part))
        self.run_ok("status", "--warehouse", warehouse)


if __name__ == "__main__":
    unittest.main(verbosity=2)
