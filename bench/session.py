# SPDX-License-Identifier: EUPL-1.2
"""The session part of bench/run: counting while a definition of 20 rules is edited, one caller and 50 at once; why; the log; cohorts together
and kept. The population is that of `emc2 synthesise`."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release")
EMC2 = os.path.join(BUILD, "emc2")
CALLERS = 50


def run(*command, stdin=None):
    before = time.monotonic()
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout, time.monotonic() - before


def prepare(work, persons, common):
    if not os.path.isdir(os.path.join(work, "warehouse")):
        population = os.path.join(work, "population")
        run(EMC2, "synthesise", "--persons", str(persons), "--seed", "1", "--out", population, "--quiet")
        run(EMC2, "init", *common)
        run(EMC2, "load", population, *common)
        shutil.rmtree(population)


def through_the_program(definition, common):
    """Every switched rule is another program: what its entry in the log costs."""
    edits = [{"do": "rule", "rule": i, "on": on, "count": True} for on in (False, True) for i in range(20)]
    said, _ = run(EMC2, "cohort", "session", definition, *common, stdin="".join(json.dumps(r) + "\n" for r in [{"do": "count"}, *edits]))
    answers = [json.loads(line) for line in said.splitlines()][2:]
    logs = sorted(a["milliseconds"] - a["evaluated"]["milliseconds"] for a in answers)
    print(f"an entry in the log, durable, ms: best {min(l for l in logs if l > 1):.1f}, median {statistics.median(logs):.1f}; "
          f"a program that was entered already {logs[0]:.2f}")


def study(work, definition, common):
    """The same cohort with one rule fewer each: 20 definitions, together, one by one, and as they were kept."""
    folder = os.path.join(work, "study")
    os.makedirs(folder, exist_ok=True)
    with open(definition, encoding="utf-8") as file:
        whole = json.load(file)
    for i in range(20):
        rules = whole["InclusionRules"][:i] + whole["InclusionRules"][i + 1:]
        with open(os.path.join(folder, f"{i + 1}.json"), "w", encoding="utf-8") as file:
            json.dump({**whole, "InclusionRules": rules}, file)
    out = os.path.join(work, "rows.csv")
    said, together = run(EMC2, "cohort", "run", folder, "--out", out, *common)
    alone = sum(run(EMC2, "cohort", "run", os.path.join(folder, f"{i}.json"), "--out", out, *common)[1] for i in range(1, 21))
    _, keeping = run(EMC2, "cohort", "run", folder, "--out", out, "--keep", "bench", *common)
    _, kept = run(EMC2, "cohort", "run", folder, "--out", out, *common)
    print(f"20 cohorts, s: together {together:.2f}, one by one {alone:.2f} ({alone / together:.1f}x), kept {keeping:.2f}, read as kept {kept:.2f}")
    print(f"  {said.strip().splitlines()[-1]}")


def measure(work, persons, threads):
    os.makedirs(work, exist_ok=True)
    passphrase, definition, requests = (os.path.join(work, name) for name in ("passphrase", "definition.json", "requests"))
    with open(passphrase, "w", encoding="utf-8") as file:
        file.write("only for measuring, on invented data\n")
    os.chmod(passphrase, 0o600)
    warehouse = os.path.join(work, "warehouse")
    common = ("--warehouse", warehouse, "--passphrase-file", passphrase, "--threads", str(threads), "--quiet")
    prepare(work, persons, common)
    run(sys.executable, "bench/session/requests.py", definition, requests)
    print(f"\na session: 20 rules, {persons:,} persons (load average {os.getloadavg()[0]:.1f})", flush=True)
    print(run(os.path.join(BUILD, "bench", "session_bench"), warehouse, passphrase, definition, requests, str(threads), str(CALLERS))[0], end="")
    through_the_program(definition, common)
    study(work, definition, common)
