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
        command += [] if arguments[0] in WITHOUT_PASSPHRASE else ["--passphrase-file", cls.passphrase]

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
        target = self.place(name)
        self.run_ok("restore", "--from", backup, "--keys", keys, "--to", target)
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
