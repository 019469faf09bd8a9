#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""What must not be possible, tried through the program: security_test.py PATH/TO/emc2

Somebody else writes into the warehouse's directory, names files so that a terminal obeys them, or begins the same thing many times at
once. Uses nothing but the program and Python's library."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

EMC2 = os.path.abspath(sys.argv.pop(1))
INVALID_ARGUMENT, INVALID_INPUT, EXISTS, DENIED, LIMIT, BUSY = 2, 3, 6, 7, 9, 10
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


class Security(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="emc2-security-")
        self.addCleanup(shutil.rmtree, self.root)
        self.passphrase = self.path("passphrase")
        self.write("passphrase", "five unrelated words for tests\n")
        os.chmod(self.passphrase, 0o600)
        self.warehouse = self.path("warehouse")

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def command(self, *arguments):
        return [EMC2, *arguments, "--warehouse", self.warehouse, "--passphrase-file", self.passphrase]

    def run_emc2(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EMC2_")}
        return subprocess.run(self.command(*arguments), capture_output=True, env=environment, timeout=60, check=False)

    def exits(self, code, *arguments):
        run = self.run_emc2(*arguments)
        said = (run.stdout + run.stderr).decode("utf-8")
        self.assertEqual(run.returncode, code, f"emc2 {arguments}: {said}")
        return said

    def test_settings_of_the_warehouse_are_the_hosts(self):
        self.exits(0, "init")
        own = self.path("warehouse", "emc2.settings")
        with open(own, "w", encoding="utf-8") as file:
            file.write("threads = 1\n")
        self.exits(0, "status")
        with open(own, "w", encoding="utf-8") as file:
            file.write("grant_days = 1096\n")
        self.assertIn("grant_days", self.exits(DENIED, "status"))
        self.exits(0, "status", "--settings", own)  # the operator's own word
        os.remove(own)
        os.mkfifo(own)  # would wait for a writer for ever
        self.assertIn("not a plain file", self.exits(INVALID_ARGUMENT, "status"))
        os.remove(own)
        os.symlink("/dev/zero", own)
        self.exits(INVALID_ARGUMENT, "status")

    def test_pipes_in_the_place_of_files(self):
        self.exits(0, "init")
        for name in ("store.json", "keys/root.sealed"):
            path = self.path("warehouse", name)
            os.rename(path, path + ".kept")
            os.mkfifo(path)
            self.assertNotEqual(self.run_emc2("status").returncode, 0, name)
            os.remove(path)
            os.rename(path + ".kept", path)
        self.exits(0, "status")

    def test_twenty_at_once_make_one_warehouse(self):
        runs = [subprocess.Popen(self.command("init", "--quiet"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(20)]
        codes = [run.wait(timeout=120) for run in runs]
        self.assertEqual(codes.count(0), 1, codes)
        self.assertEqual(set(codes) - {0}, set(codes) & {EXISTS, BUSY}, codes)
        self.exits(0, "status")

    def test_names_do_not_steer_the_terminal(self):
        self.exits(0, "init")
        evil = "x\x1b[2J\x07\u009b31m\u202e\n"
        person = "person_id,gender_concept_id,year_of_birth\n1,8507,1980\nfour,8507,1980\n"
        self.write(f"source{evil}/person.csv", person)
        self.write(f"source{evil}/{evil}.csv", "a,b\n1,2\n")
        definition = self.write(f"{evil}.json", "{}")
        whole = self.write(f"whole{evil}/person.csv", person.replace("four", "4"))
        said = [self.exits(INVALID_INPUT, "load", self.path(f"source{evil}")),
                self.exits(INVALID_INPUT, "load", self.path(f"source{evil}"), "--json"),
                self.exits(0, "load", os.path.dirname(whole), "--label", evil),
                self.exits(0, "snapshot", "list"), self.exits(0, "snapshot", "list", "--json"),
                self.exits(INVALID_INPUT, "cohort", "count", definition),
                self.exits(INVALID_ARGUMENT, "status", f"--{evil}"),
                self.exits(EXISTS, "export", "--out", self.path(f"source{evil}")),
                self.exits(0, "export", "--out", self.path(f"out{evil}"))]
        for text in said:
            self.assertIsNone(CONTROL.search(text), repr(text))
        self.assertIn("\\x1b[2J", said[0])
        self.assertIn("\\u{9b}", said[0])

    def test_keep_going_lists_what_is_beyond_a_limit(self):
        self.exits(0, "init")
        self.write("source/person.csv", "person_id,gender_concept_id,year_of_birth\n1,8507,1980\n")
        self.exits(0, "load", self.path("source"))
        good = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "cohorts", "treated_myeloma.json")
        size = os.path.getsize(good)
        large = self.write("large.json", " " * (size + 2000))
        settings = self.write("small.settings", f"definition_bytes_max = {max(size + 1000, 1024)}\n")
        rows = self.path("rows.csv")
        said = self.exits(0, "cohort", "run", large, good, "--keep-going", "--out", rows, "--settings", settings)
        self.assertIn("1 cohorts run, 1 refused", said)
        self.assertIn("large.json", said)
        self.exits(LIMIT, "cohort", "run", large, good, "--out", rows, "--settings", settings)

    def test_the_sandbox_is_on(self):
        said = json.loads(self.exits(0, "version", "--json"))["sandbox"]
        self.assertTrue(said["seccomp"])
        self.assertEqual(said["role"], "offline")

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_no_command_speaks_to_a_network(self):
        """Load, cohort and export under strace: no socket, no connection, no other program (EMC2-14)."""
        self.exits(0, "init")
        self.exits(0, "synthesise", "--persons", "50", "--out", self.path("people"))
        example = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "cohorts", "treated_myeloma.json")
        for arguments in (("load", self.path("people")), ("cohort", "run", example, "--out", self.path("rows.csv")),
                          ("export", "--out", self.path("tables"))):
            trace = self.path("trace")
            run = subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=%network,%process", *self.command(*arguments)],
                                 capture_output=True, timeout=120, check=False)
            self.assertEqual(run.returncode, 0, run.stderr)
            with open(trace, encoding="utf-8", errors="replace") as file:
                calls = re.findall(r"(?m)^\d+ +(\w+)\(([^\n]*)", file.read())
            self.assertIn("exit_group", {name for name, _ in calls})  # or nothing was traced
            network = [call for call in calls if call[0] in ("socket", "connect", "bind", "sendto", "sendmsg")]
            self.assertEqual(network, [], arguments)
            self.assertEqual(sum(name in ("execve", "execveat") for name, _ in calls), 1, arguments)  # strace's own


if __name__ == "__main__":
    if not os.access(EMC2, os.X_OK):
        sys.exit(f"{EMC2} is not there: build it first")
    unittest.main(verbosity=2)
