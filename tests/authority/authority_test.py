#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The pseudonym authority by its commands, over files and over HTTPS: authority_test.py PATH/TO/emc2 PATH/TO/authority_holder

Two holders get the same pseudonyms for the same keys; strangers, thieves, liars and the greedy get none; what was done and refused is in a log that
verifies; nothing of a key is anywhere on the authority's disk."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

EMC2, HOLDER = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
INVALID, DENIED, LIMIT = 3, 7, 9
NAME = "CHU Exemple é"


def environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("EMC2_")}


class Authority(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="emc2-authority-")
        cls.passphrase = os.path.join(cls.root, "passphrase")
        with open(cls.passphrase, "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(cls.passphrase, 0o600)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="a", dir=self.root)
        os.rmdir(self.home)
        self.server = None
        self.emc2("authority", "init")
        published = self.path("authority.json")
        self.emc2("authority", "status", "--out", published)
        with open(published, encoding="utf-8") as file:
            said = json.load(file)
        self.authority = f"{said['epoch']}:{said['public_key']}:{said['signing_key']}:{said['tls_pin']}"

    def tearDown(self):
        if self.server:
            self.server.kill()
            self.server.wait()
            self.server.stderr.close()

    def path(self, name):
        return os.path.join(self.root, os.path.basename(self.home) + "-" + name)

    def emc2(self, *arguments, code=0):
        done = subprocess.run([EMC2, *arguments, "--warehouse", self.home, "--passphrase-file", self.passphrase, "--quiet"],
                              capture_output=True, text=True, env=environment(), timeout=120)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def holder(self, byte, *arguments, code=0):
        done = subprocess.run([HOLDER, str(byte), *arguments], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.split() if code == 0 else done.stderr

    def folder(self, name):
        path = self.path(name)
        os.makedirs(path, exist_ok=True)
        return path

    def register(self, byte, name, limit=1000000, code=0):
        key, pin = self.holder(byte, "keys")
        card = self.path(f"{byte}.card.json")
        with open(card, "w", encoding="utf-8") as file:
            json.dump({"format": "emc2 holder card", "version": 1, "holder": name, "public_key": key, "tls_pin": pin}, file)
        return self.emc2("authority", "holder", "add", card, "--limit", str(limit), code=code)

    def ask(self, byte, name, folder, count):
        self.holder(byte, name, "ask", self.authority, folder, str(count))
        return os.path.join(folder, "request"), os.path.join(folder, "response")

    def serve(self):
        self.server = subprocess.Popen([EMC2, "authority", "serve", "--listen", "127.0.0.1:0", "--warehouse", self.home, "--passphrase-file",
                                        self.passphrase], stderr=subprocess.PIPE, text=True, env=environment())
        while True:
            line = self.server.stderr.readline()
            self.assertTrue(line, "the server ended")
            if "listening at" in line:
                return f"https://127.0.0.1:{line.split('port ')[1].strip()}/evaluate"

    def verify_log(self):
        key = [word for word in self.emc2("log", "key").split() if "+" in word][0]
        self.emc2("log", "verify", "--key", key)

    def test_files(self):
        self.register(1, NAME)
        self.register(2, "Caisse")
        answers = []
        for byte, name in ((1, NAME), (2, "Caisse")):
            folder = self.folder(f"files{byte}")
            request, response = self.ask(byte, name, folder, 3000)
            self.emc2("authority", "evaluate", request, "--out", response)
            answers.append(self.holder(byte, name, "take", self.authority, folder))
        self.assertEqual(answers[0], answers[1])
        text = self.emc2("authority", "status", "--language", "fr")
        self.assertIn(f"{NAME} : 3 000 pseudonymes sur 1 000 000 aujourd'hui", text)
        log = self.emc2("log", "list")
        self.assertEqual(log.count("authority.evaluate"), 2)
        self.assertEqual(log.count("authority.holder"), 2)
        self.verify_log()
        self.emc2("authority", "holder", "remove", "Caisse")
        request, response = self.ask(2, "Caisse", self.folder("removed"), 3)
        self.assertIn("not registered", self.emc2("authority", "evaluate", request, "--out", response, code=DENIED))

    def test_refusals(self):
        folder = self.folder("refused")
        request, response = self.ask(1, NAME, folder, 60)
        self.assertIn("not registered", self.emc2("authority", "evaluate", request, "--out", response, code=DENIED))
        self.register(1, NAME, limit=100)
        self.emc2("authority", "evaluate", request, "--out", response)
        self.assertIn("60 of 100", self.emc2("authority", "evaluate", request, "--out", response, code=LIMIT))
        forged, _ = self.ask(2, NAME, self.folder("forged"), 1)  # in the name of another
        self.assertIn("another key", self.emc2("authority", "evaluate", forged, "--out", response, code=DENIED))
        with open(request, "r+b") as file:
            file.seek(300)
            file.write(b"x")
        self.assertIn("signature", self.emc2("authority", "evaluate", request, "--out", response, code=DENIED))
        self.assertIn("another holder", self.register(1, "Autre", 5, code=2))
        self.assertGreaterEqual(self.emc2("log", "list").count("refusal"), 4)
        self.verify_log()

    def test_network(self):
        self.register(1, NAME, limit=10000)
        url = self.serve()
        folder = self.folder("net")
        self.ask(1, NAME, folder, 2000)
        self.holder(1, NAME, "send", self.authority, url, folder)
        over_network = self.holder(1, NAME, "take", self.authority, folder)
        stranger = self.folder("stranger")
        self.ask(2, NAME, stranger, 10)
        self.assertIn("no holder with this certificate", self.holder(2, NAME, "send", self.authority, url, stranger, code=DENIED))
        shutil.copy(os.path.join(stranger, "request"), os.path.join(folder, "request"))  # sent by who did not sign it
        self.assertIn("another key", self.holder(1, NAME, "send", self.authority, url, folder, code=DENIED))
        wrong = self.authority[:-64] + "00" * 32
        self.ask(1, NAME, folder, 10)
        self.assertIn("not the one that is pinned", self.holder(1, NAME, "send", wrong, url, folder, code=DENIED))
        self.ask(1, NAME, folder, 9000)
        self.assertIn("more pseudonyms", self.holder(1, NAME, "send", self.authority, url, folder, code=LIMIT))
        self.register(2, "Caisse")  # while it runs
        self.ask(2, "Caisse", stranger, 2000)
        self.holder(2, "Caisse", "send", self.authority, url, stranger)
        self.assertEqual(self.holder(2, "Caisse", "take", self.authority, stranger), over_network)
        self.server.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        self.assertEqual(self.server.wait(timeout=20), 0, self.server.stderr.read())
        self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual(os.listdir(os.path.join(self.home, "spool")), [])
        log = self.emc2("log", "list")
        self.assertEqual(log.count("authority.evaluate"), 2)
        self.assertGreaterEqual(log.count("refusal"), 3)
        self.verify_log()

    def test_the_disk_of_the_authority_says_nothing(self):
        self.register(1, NAME)
        folder = self.folder("disk")
        request, response = self.ask(1, NAME, folder, 100)
        self.emc2("authority", "evaluate", request, "--out", response)
        places = [os.path.join(path, name) for top in (self.home, folder) for path, _, names in os.walk(top) for name in names]
        self.assertGreater(len(places), 8)
        for place in places:
            with open(place, "rb") as file:
                content = file.read()
            self.assertEqual(content.count(b"planted key"), 0, place)
            if place.startswith(self.home + os.sep):
                self.assertEqual(content.count(b"Exemple"), 0, place)


if __name__ == "__main__":
    unittest.main()
