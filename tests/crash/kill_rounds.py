#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""A warehouse survives SIGKILL at any moment: kill_rounds.py PATH/TO/emc2

Each round starts `emc2 load`, `person exclude` or `compact` on a small warehouse and kills it (SIGKILL) after a random time, mostly before it
has ended. Then the warehouse must verify whole, every snapshot that was acknowledged must be there under its hash, there must be no half
one, and nothing of an excluded person may come out. EMC2_KILL_ROUNDS sets the rounds (60), EMC2_TEST_SEED the seed. Lost acknowledged
snapshots and half snapshots are counted; any makes it fail."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

EMC2 = os.path.abspath(sys.argv[1])
ROUNDS = int(os.environ.get("EMC2_KILL_ROUNDS", "60"))
SEED = int(os.environ.get("EMC2_TEST_SEED", str(random.SystemRandom().randrange(10**9))))
PERSONS = (30, 40)
ROUNDS_A_WAREHOUSE = 40


class Fault(Exception):
    pass


class Warehouse:
    def __init__(self, root, number):
        self.directory, self.passphrase = os.path.join(root, f"w{number}"), os.path.join(root, "passphrase")
        self.populations = [os.path.join(root, f"population{i}") for i in range(len(PERSONS))]
        self.known, self.excluded, self.loaded = [], set(), 0
        self.run("init")
        self.run("load", self.populations[0])
        self.look(None)

    def command(self, *arguments):
        return [EMC2, *arguments, "--quiet", "--warehouse", self.directory, "--passphrase-file", self.passphrase]

    def run(self, *arguments):
        result = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=300, check=False)
        if result.returncode != 0:
            raise Fault(f"emc2 {' '.join(arguments)}: exit {result.returncode}\n{result.stdout}{result.stderr}")
        return result.stdout

    def look(self, act):
        """The snapshots as they are; what was known must be among them. At most one is new, and it is what was under way."""
        found = json.loads(self.run("snapshot", "list", "--json"))
        numbers = [snapshot["snapshot"] for snapshot in found]
        if numbers != list(range(1, len(found) + 1)) or [s["manifest"] for s in found[:len(self.known)]] != self.known:
            raise Fault(f"an acknowledged snapshot is lost: {numbers}, {len(self.known)} were known")
        if len(found) > len(self.known) + 1 or (len(found) > len(self.known) and act and found[-1]["act"] != act):
            raise Fault(f"snapshots that nobody made: {numbers}")
        new = len(found) > len(self.known)
        self.known = [snapshot["manifest"] for snapshot in found]
        return new, found[-1]


def start_and_kill(warehouse, arguments, seconds):
    """True: it ended by itself and said so."""
    process = subprocess.Popen(warehouse.command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return False
    if process.returncode != 0:
        raise Fault(f"emc2 {' '.join(arguments)}: exit {process.returncode}\n{said.decode()}")
    return True


def one_round(warehouse, chance, usual, count):
    act = chance.choice(("load", "load", "exclude", "compact"))
    which = chance.randrange(len(PERSONS))
    person = chance.randrange(1, PERSONS[warehouse.loaded] + 1)
    arguments = {"load": ["load", warehouse.populations[which], "--replace"],
                 "exclude": ["person", "exclude", "--person", str(person), "--reason", "objection"], "compact": ["compact"]}[act]
    before, seconds = time.monotonic(), chance.uniform(0, 1.2) * usual[act]
    done = start_and_kill(warehouse, arguments, seconds)
    if done:  # moments from the first to the last: the usual time follows the machine, up and down
        usual[act] = 0.8 * usual[act] + 0.2 * (time.monotonic() - before)
    elif seconds > usual[act]:
        usual[act] = 1.1 * seconds
    count["ended" if done else "killed"] += 1
    warehouse.run("snapshot", "verify")
    new, latest = warehouse.look(act)
    if new and not done:
        count["published"] += 1
    if done and not new and act == "load":
        raise Fault("an acknowledged load is not there")
    if act == "load" and new:
        warehouse.loaded = which
    if act == "exclude" and (new or done):
        warehouse.excluded.add(person)
    expected = sum(1 for p in range(1, PERSONS[warehouse.loaded] + 1) if p not in warehouse.excluded)
    if latest["persons"] != expected:
        raise Fault(f"{latest['persons']} persons come out, {expected} should")


def main():
    chance, root = random.Random(SEED), tempfile.mkdtemp(prefix="emc2-kill-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    usual, count = {"load": 1.0, "exclude": 0.5, "compact": 0.5}, {"ended": 0, "killed": 0, "published": 0}
    try:
        with open(os.path.join(root, "passphrase"), "w", encoding="utf-8") as file:
            file.write("five unrelated words for tests\n")
        os.chmod(file.name, 0o600)
        for i, persons in enumerate(PERSONS):
            subprocess.run([EMC2, "synthesise", "--persons", str(persons), "--seed", str(i), "--out", os.path.join(root, f"population{i}"),
                            "--quiet"], check=True, stdout=subprocess.DEVNULL)
        warehouse = None
        for i in range(ROUNDS):
            if i % ROUNDS_A_WAREHOUSE == 0:
                if warehouse:
                    warehouse.run("compact")
                    warehouse.run("snapshot", "verify", "--deep")
                    shutil.rmtree(warehouse.directory)
                warehouse = Warehouse(root, i)
            try:
                one_round(warehouse, chance, usual, count)
            except Fault as fault:
                print(f"round {i}, seed {SEED}: {fault}")
                return 1
            if i % 50 == 49:
                print(f"{i + 1} rounds: {count}", flush=True)
        print(f"{ROUNDS} rounds, seed {SEED}: {count['killed']} killed ({count['published']} of them after the publication), "
              f"{count['ended']} ended; 0 acknowledged snapshots lost, 0 half snapshots")
        return 0
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
