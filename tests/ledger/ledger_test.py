#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The log from outside: ledger_test.py PATH/TO/emc2 PATH/TO/ledger_make

Both verifiers (the program, and docs/formats/ledger_verify.py, which was written from the format page alone) judge the golden log, logs of
many sizes, and logs that were tampered with in every way; they must agree, and name the same entry or file. Then an outside body
witnesses a log through the program, and refuses it when it was cut, forked or rewritten."""
import base64
import filecmp
import hashlib
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import unittest

EMC2, MAKE = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.join(HERE, "..", "..", "docs", "formats", "ledger_verify.py")
GOLDEN = os.path.join(HERE, "..", "golden", "ledger_1")
SIZE = 700
CORRUPT, DENIED, NOT_FOUND = 8, 7, 5
NEWLINE = b"\n"
NAMED = re.compile(r"entry \d+ was \w+|entry \d+|tile/\S*\d(?= is)|was (?:cut|rewritten)|checkpoint")


def bundle_read(path):
    data, entries, at = pathlib.Path(path).read_bytes(), [], 0
    while at < len(data):
        length = int.from_bytes(data[at:at + 2], "big")
        entries.append(data[at + 2:at + 2 + length])
        at += 2 + length
    return entries


def bundle_write(path, entries):
    with open(path, "wb") as file:
        file.write(b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries))


def flip(path, at, bit=1):
    data = bytearray(pathlib.Path(path).read_bytes())
    data[at] ^= bit
    pathlib.Path(path).write_bytes(data)


class Ledger(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-ledger-")
        cls.log = os.path.join(cls.root, "log")
        cls.vkey, cls.witness = cls.make(cls.log, 0, SIZE)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    @classmethod
    def make(cls, log, first, count, *more):
        return subprocess.run([MAKE, log, str(first), str(count), *more], capture_output=True, text=True, check=True).stdout.split()

    def emc2(self, *arguments):
        return subprocess.run([EMC2, *arguments, "--quiet"], capture_output=True, text=True, check=False, timeout=120)

    def judge(self, log, *, key=None, since=None, witness=None, quorum=None):
        """The verdict of both, after they were found to agree: None, or (exit code of emc2, what it names)."""
        key = key or self.vkey
        more = (["--since", since] if since else []) + (["--witness", witness] if witness else [])
        more += ["--quorum", str(quorum)] if quorum else []
        first = self.emc2("log", "verify", "--from", log, "--key", key, *more)
        second = subprocess.run([sys.executable, PYTHON, log, key, *more], capture_output=True, text=True, check=False, timeout=120)
        self.assertNotIn("Traceback", second.stderr)
        self.assertEqual(first.returncode != 0, second.returncode != 0, f"emc2: {first.stdout}{first.stderr}python: {second.stdout}{second.stderr}")
        if first.returncode == 0:
            self.assertEqual(re.search(r"root (\w{64})", first.stdout)[1], re.search(r"root (\w{64})", second.stdout)[1])
            return None
        named = [NAMED.search(text) for text in (first.stderr, second.stderr)]
        self.assertTrue(all(named), f"emc2: {first.stderr}python: {second.stderr}")
        self.assertEqual(named[0][0], named[1][0], f"emc2: {first.stderr}python: {second.stderr}")
        return first.returncode, named[0][0]

    def tampered(self, change):
        copy = os.path.join(self.root, "tampered")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.log, copy)
        change(lambda name: os.path.join(copy, *name.split("/")))
        return copy

    def test_golden(self):
        self.assertIsNone(self.judge(os.path.join(GOLDEN, "log"), witness=self.witness, quorum=1))
        again = os.path.join(self.root, "golden")
        openings = os.path.join(self.root, "golden.openings")
        self.make(again, 0, 5, openings)
        self.assertTrue(filecmp.cmp(openings, os.path.join(GOLDEN, "openings"), shallow=False))
        for folder, _, names in os.walk(os.path.join(GOLDEN, "log")):
            for name in names:
                path = os.path.join(folder, name)
                mine = os.path.join(again, os.path.relpath(path, os.path.join(GOLDEN, "log")))
                self.assertTrue(filecmp.cmp(path, mine, shallow=False), name)

    def test_sizes(self):
        growing, size = os.path.join(self.root, "growing"), 0
        for count in (0, 1, 1, 253, 1, 1, 255, 513):
            self.make(growing, size, count)
            size += count
            self.assertIsNone(self.judge(growing, witness=self.witness, quorum=1), size)

    def test_entries(self):
        def entries(change):
            def apply(path):
                bundle = bundle_read(path("tile/entries/001"))
                bundle_write(path("tile/entries/001"), change(bundle) or bundle)
            return self.judge(self.tampered(apply))

        other = b'{"v":1,"time":5,"actor":"a","act":"read","grant":null,"object":null,"facts":{},"private":{}}'
        self.assertEqual(entries(lambda b: b[:10] + b[11:]), (CORRUPT, "entry 266 was deleted"))
        self.assertEqual(entries(lambda b: b[1:]), (CORRUPT, "entry 256 was deleted"))
        self.assertEqual(entries(lambda b: b[:-1]), (CORRUPT, "entry 511 was deleted"))
        self.assertEqual(entries(lambda b: b[:10] + [other] + b[10:]), (CORRUPT, "entry 266 was inserted"))
        self.assertEqual(entries(lambda b: b + [other]), (CORRUPT, "entry 512 was inserted"))
        self.assertEqual(entries(lambda b: b[:10] + [b[11], b[10]] + b[12:]), (CORRUPT, "entry 266 was moved"))
        self.assertEqual(entries(lambda b: b[:10] + [b[200]] + b[11:200] + [b[10]] + b[201:]), (CORRUPT, "entry 266 was moved"))
        self.assertEqual(entries(lambda b: b[:10] + [b[10].replace(b"operator", b"operated")] + b[11:]), (CORRUPT, "entry 266 was altered"))
        self.assertEqual(entries(lambda b: b[:10] + [b""] + b[11:]), (CORRUPT, "entry 266 was altered"))

    def test_files(self):
        removed = (("tile/0/000", "tile/0/000"), ("tile/entries/001", "tile/entries/001"), ("tile/0/002.p/188", "tile/0/002.p/188"),
                   ("tile/1/000.p/2", "tile/1/000.p/2"))
        for name, named in removed:
            self.assertEqual(self.judge(self.tampered(lambda path, name=name: os.remove(path(name)))), (CORRUPT, named))
        self.assertEqual(self.judge(self.tampered(lambda path: flip(path("tile/0/001"), 7 * 32))), (CORRUPT, "entry 263 was altered"))
        self.assertEqual(self.judge(self.tampered(lambda path: flip(path("tile/1/000.p/2"), 33))), (CORRUPT, "tile/0/001"))

    def test_every_signed_byte(self):
        """Each byte of the checkpoint's first signature and text, changed: never whole."""
        size = os.path.getsize(os.path.join(self.log, "checkpoint"))
        for at in range(0, size // 2, 7):
            verdict = self.judge(self.tampered(lambda path, at=at: flip(path("checkpoint"), at)))
            self.assertIsNotNone(verdict, at)
            self.assertEqual(verdict[1], "checkpoint")

    def test_keys(self):
        name = "example.org/log"
        public = b"\1" + bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")  # RFC 8032 7.1, test 1
        other = f"{name}+{hashlib.sha256(name.encode() + NEWLINE + public).hexdigest()[:8]}+{base64.b64encode(public).decode()}"
        self.assertEqual(self.judge(self.log, key=other), (DENIED, "checkpoint"))
        self.assertEqual(self.judge(self.log, witness=self.witness, quorum=2), (DENIED, "checkpoint"))
        self.assertIsNone(self.judge(self.log, witness=self.witness, quorum=1))
        uncosigned = self.tampered(lambda path: shutil.copy(self.without_witness(path("checkpoint")), path("checkpoint")))
        self.assertEqual(self.judge(uncosigned, witness=self.witness, quorum=1), (DENIED, "checkpoint"))

    def without_witness(self, checkpoint):
        path = os.path.join(self.root, "uncosigned")
        lines = pathlib.Path(checkpoint).read_text(encoding="utf-8").splitlines(keepends=True)
        pathlib.Path(path).write_text("".join(lines[:-1]), encoding="utf-8")
        return path

    def test_cut_and_signed_again(self):
        since = os.path.join(self.log, "checkpoint")
        self.assertIsNone(self.judge(self.log, since=since))
        cut = os.path.join(self.root, "cut")
        self.make(cut, 0, 600)
        self.assertIsNone(self.judge(cut))
        self.assertEqual(self.judge(cut, since=since), (CORRUPT, "was cut"))
        self.make(cut, 5000, 300)
        self.assertIsNone(self.judge(cut))
        self.assertEqual(self.judge(cut, since=since), (CORRUPT, "was rewritten"))

    def test_reading_without_a_passphrase(self):
        listed = self.emc2("log", "list", "--from", self.log, "--first", "10", "--count", "2")
        self.assertEqual([line.split()[0] for line in listed.stdout.splitlines()], ["10", "11"])
        loads = self.emc2("log", "list", "--from", self.log, "--act", "load", "--count", "2")
        self.assertEqual([line.split()[0] for line in loads.stdout.splitlines()], ["696", "698"])
        openings = os.path.join(self.root, "openings")
        self.make(os.path.join(self.root, "small"), 0, 4, openings)
        shown = self.emc2("log", "show", "0", "--from", self.log, "--opening", openings)
        self.assertEqual(shown.returncode, CORRUPT)  # the second line is the opening of another entry
        first = os.path.join(self.root, "opening")
        pathlib.Path(first).write_bytes(pathlib.Path(openings).read_bytes().split(b"\n")[0])
        self.assertIn("opened   label: export of day 0", self.emc2("log", "show", "0", "--from", self.log, "--opening", first).stdout)
        self.assertEqual(self.emc2("log", "show", "3", "--from", self.log, "--opening", first).returncode, CORRUPT)
        self.assertEqual(self.emc2("log", "key", "--from", self.log).stdout.strip(), self.vkey)
        self.assertEqual(self.emc2("log", "show", str(SIZE), "--from", self.log).returncode, NOT_FOUND)
        out = os.path.join(self.root, "published")
        self.assertEqual(self.emc2("log", "export", "--from", self.log, "--out", out).returncode, 0)
        self.assertFalse(os.path.exists(os.path.join(out, "lock")))
        self.assertIsNone(self.judge(out))

    def test_proof(self):
        """RFC 9162 2.1.3.2, by hand, over the text that `log prove` writes."""
        verifier = runpy.run_path(PYTHON)
        for index in (0, 255, 256, 698, 699):
            text = self.emc2("log", "prove", str(index), "--from", self.log).stdout
            head, checkpoint = text.split("\n\n", 1)
            lines = head.split("\n")
            self.assertEqual(lines[:2], ["c2sp.org/tlog-proof@v1", f"index {index}"])
            note, size, root = verifier["read_checkpoint"](checkpoint.encode(), verifier["take_key"](self.vkey))
            entries = bundle_read(os.path.join(self.log, "tile", "entries", ["000", "001", "002.p/188"][index // 256]))
            node, fn, sn = hashlib.sha256(b"\0" + entries[index % 256]).digest(), index, size - 1
            for sibling in map(base64.b64decode, lines[2:]):
                if fn & 1 or fn == sn:
                    node = hashlib.sha256(b"\1" + sibling + node).digest()
                    while not fn & 1 and fn:
                        fn, sn = fn >> 1, sn >> 1
                else:
                    node = hashlib.sha256(b"\1" + node + sibling).digest()
                fn, sn = fn >> 1, sn >> 1
            self.assertEqual((sn, node), (0, root))
            self.assertTrue(note)

    def test_witness(self):
        def path(name):
            return os.path.join(self.root, name)

        with open(path("passphrase"), "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(path("passphrase"), 0o600)
        secret = ["--passphrase-file", path("passphrase")]
        made = self.emc2("witness", "new", "--name", "w.example/2", "--key", path("w.key"), *secret)
        self.assertEqual(made.returncode, 0, made.stderr)
        vkey = made.stdout.split()[0]
        self.make(path("watched"), 0, 300)

        def run(log, *more):
            return self.emc2("witness", "run", "--log", path(log), "--state", path("state"), "--key", path("w.key"), *more, *secret)

        self.assertEqual(run("watched", "--log-key", self.vkey, "--into").returncode, 0)
        self.assertIsNone(self.judge(path("watched"), witness=vkey, quorum=1))
        self.make(path("watched"), 300, 400)
        self.assertEqual(self.judge(path("watched"), witness=vkey, quorum=1), (DENIED, "checkpoint"))
        self.assertEqual(run("watched").returncode, 0)
        self.assertIsNone(self.judge(path("watched"), since=path("state/checkpoint")))
        for name, first, count, word in (("shorter", 0, 699, "rollback"), ("forked", 1, 700, "fork"), ("rewritten", 1, 800, "rewritten")):
            self.make(path(name), first, count)
            refused = run(name)
            self.assertEqual((refused.returncode, word in refused.stderr), (CORRUPT, True), refused.stderr)
        self.assertEqual(run("watched").returncode, 0)  # a refusal changes nothing
        self.assertEqual(run("watched", "--log-key", vkey).returncode, DENIED)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
