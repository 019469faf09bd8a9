#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""A warehouse on a bad day: disk_test.py PATH/TO/emc2

A full disk, a directory that cannot be written, a file of another warehouse, files exchanged, removed, and an old manifest put back; a backup
that outlived an erasure; several readers beside a loader, and a second loader. Each time: what is told, and what is still there."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

EMC2 = os.path.abspath(sys.argv.pop(1))


class Disk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-disk-")
        cls.passphrase = os.path.join(cls.root, "passphrase")
        with open(cls.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(cls.passphrase, 0o600)
        for name, persons, seed in (("few", 30, 1), ("many", 1500, 2)):
            subprocess.run([EMC2, "synthesise", "--persons", str(persons), "--seed", str(seed), "--out", os.path.join(cls.root, name), "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def path(self, name):
        return os.path.join(self.root, f"{self.id().rsplit('.', 1)[-1]}-{name}")

    def start(self, warehouse, *arguments):
        return subprocess.Popen([EMC2, *arguments, "--quiet", "--warehouse", warehouse, "--passphrase-file", self.passphrase],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def emc2(self, warehouse, *arguments, expected=0):
        process = self.start(warehouse, *arguments)
        said, _ = process.communicate(timeout=600)
        self.assertEqual(process.returncode, expected, f"emc2 {' '.join(arguments)}\n{said}")
        return said

    def warehouse(self, name="w", source="few"):
        directory = self.path(name)
        self.emc2(directory, "init")
        self.emc2(directory, "load", os.path.join(self.root, source))
        return directory

    def assert_whole(self, warehouse, persons):
        self.assertIn("is whole", self.emc2(warehouse, "snapshot", "verify"))
        self.assertEqual(json.loads(self.emc2(warehouse, "status", "--json"))["persons"], persons)

    def segments(self, warehouse):
        return sorted(os.listdir(os.path.join(warehouse, "segments")))

    def test_full_disk(self):
        mount = self.path("tmpfs")
        os.mkdir(mount)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", mount], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("full disk: a tmpfs cannot be mounted here")
        try:
            warehouse = os.path.join(mount, "w")
            self.emc2(warehouse, "init")
            self.emc2(warehouse, "load", os.path.join(self.root, "few"))
            before = self.segments(warehouse)
            said = self.emc2(warehouse, "load", os.path.join(self.root, "many"), "--replace", expected=11)
            self.assertIn("cannot", said)
            self.assertEqual(self.segments(warehouse), before)
            self.assert_whole(warehouse, 30)
            self.emc2(warehouse, "person", "exclude", "--person", "1", "--reason", "objection")
            self.assert_whole(warehouse, 29)
        finally:
            subprocess.run(["umount", mount], check=False)

    def test_directory_that_cannot_be_written(self):
        warehouse = self.warehouse()
        mounted = subprocess.run(["mount", "--bind", "-o", "ro", warehouse, warehouse], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("read-only directory: a bind mount cannot be made here")
        try:
            said = self.emc2(warehouse, "load", os.path.join(self.root, "few"), "--replace", expected=11)
            self.assertIn("the log of the warehouse cannot be written", said)
        finally:
            subprocess.run(["umount", warehouse], check=False)
        self.assert_whole(warehouse, 30)

    def test_files_of_others_missing_and_exchanged(self):
        warehouse, other = self.warehouse(), self.warehouse("other")
        mine, theirs = (os.path.join(w, "segments", max(self.segments(w), key=lambda n: os.path.getsize(os.path.join(w, "segments", n))))
                        for w in (warehouse, other))
        with open(mine, "rb") as file:
            kept = file.read()
        shutil.copy(theirs, mine)
        said = self.emc2(warehouse, "snapshot", "verify", expected=8)
        self.assertRegex(said, rf"(?m)^segments/{os.path.basename(mine)}: it belongs to another store")
        self.assertEqual(said.count(os.path.basename(mine)), len([line for line in said.splitlines() if line.startswith("segments/")]))
        os.remove(mine)
        said = self.emc2(warehouse, "snapshot", "verify", "--repair", expected=8)
        self.assertIn(f"{os.path.basename(mine)}: cannot look for", said)
        self.assertIn(f"put it back from a backup: {len(kept)} bytes, BLAKE2b-256 ", said)
        self.assertIn("no older snapshot is whole", said)
        with open(mine, "wb") as file:
            file.write(kept)
        with open(os.path.join(warehouse, "segments", "torn.tmp"), "wb") as file:
            file.write(b"torn")
        self.assertIn("removed: 1 file that an interrupted load left", self.emc2(warehouse, "snapshot", "verify", "--repair"))
        self.emc2(warehouse, "load", os.path.join(self.root, "few"), "--replace")
        first, second = (os.path.join(warehouse, "snapshots", f"0000000{i}.manifest") for i in (1, 2))
        shutil.copy(second, second + ".kept")
        shutil.copy(first, second)
        said = self.emc2(warehouse, "snapshot", "verify", "--repair", expected=8)
        self.assertIn("is the manifest of another snapshot", said)
        self.assertIn("snapshot 1 is the newest whole one", said)
        os.rename(second + ".kept", second)
        self.assert_whole(warehouse, 30)

    def test_backup_that_outlived_an_erasure(self):
        warehouse, backup = self.warehouse(), self.path("backup")
        self.emc2(warehouse, "load", os.path.join(self.root, "many"), "--replace")
        shutil.copytree(warehouse, backup, ignore=shutil.ignore_patterns("keys"))
        os.symlink(os.path.join(warehouse, "keys"), os.path.join(backup, "keys"))
        before = self.emc2(backup, "status", "--json")
        said = self.emc2(warehouse, "erase", "--snapshot", "1", "--reason", "end of the permit")
        certificate = os.path.join(warehouse, "certificates", "00000003.json")
        key = said.rsplit(": ", 1)[1].strip()
        shown = self.emc2(warehouse, "certificate", "verify", certificate, "--public-key", key)
        self.assertIn("Dossiers de personnes : 30 ;", shown)
        self.emc2(warehouse, "certificate", "verify", certificate, "--public-key", "00" * 32, expected=8)
        self.assertIn("its keys know snapshot 3, the newest here is 2", self.emc2(backup, "status", expected=8))
        self.emc2(backup, "restore", "accept", "--reason", "to look at it")
        for where in (warehouse, backup):
            self.assertIn("ERASED", self.emc2(where, "export", "--snapshot", "1", "--out", self.path("export"), expected=14))
        self.assertEqual(self.emc2(backup, "status", "--json"), before)  # the other part opens, in the copy, too
        self.emc2(backup, "snapshot", "verify", "--snapshot", "2")
        self.emc2(warehouse, "erase", "--all", "--yes-destroy", "wrong", expected=2)
        self.assert_whole(warehouse, 1500)
        self.emc2(warehouse, "erase", "--all", "--yes-destroy", os.path.basename(warehouse))
        self.assertIn("ERASED", self.emc2(warehouse, "status", expected=14))
        self.assertIn("its keys know snapshot 4, the newest here is 2", self.emc2(backup, "status", expected=8))
        self.assertIn("ERASED", self.emc2(backup, "restore", "accept", "--reason", "to look at it", expected=14))
        self.emc2(warehouse, "certificate", "verify", os.path.join(warehouse, "certificates", "00000004.json"), "--public-key", key)

    def test_readers_beside_a_loader(self):
        warehouse, counts, stop = self.warehouse(), set(), threading.Event()
        exported = []

        def read(number):
            while not stop.is_set():
                process = self.start(warehouse, "export", "--format", "csv", "--out", self.path(f"export{number}"))
                said, _ = process.communicate(timeout=600)
                shutil.rmtree(self.path(f"export{number}"), ignore_errors=True)
                exported.append((process.returncode, said))
        readers = [threading.Thread(target=read, args=(i,)) for i in range(3)]
        for reader in readers:
            reader.start()
        loader = self.start(warehouse, "load", os.path.join(self.root, "many"), "--replace")
        second = self.start(warehouse, "load", os.path.join(self.root, "few"), "--replace")
        said = (loader.communicate(timeout=600)[0], second.communicate(timeout=600)[0])
        stop.set()
        for reader in readers:
            reader.join()
        self.assertIn(0, (loader.returncode, second.returncode), said)
        for process, words in zip((loader, second), said):
            if process.returncode != 0:  # it came while the other held the lock
                self.assertEqual(process.returncode, 10, words)
                self.assertRegex(words, r"another process is writing to this store: process \d+ on \S+ since ")
        for code, words in exported:
            self.assertEqual(code, 0, words)
            counts.add(words.split(" rows")[0])
        self.assertLessEqual(len(counts), 3)  # each saw one snapshot, whole
        self.assertIn("is whole", self.emc2(warehouse, "snapshot", "verify"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
