# SPDX-License-Identifier: EUPL-1.2
"""The intake part of bench/run: what a holder, the authority and the warehouse do with an export, each rate for a second of the processor.

Everything is invented and made here. The whole way goes through the commands of emc2, with a centre, an authority and a warehouse of its own;
what has a program of its own in bench/ is measured by it, beside its peers."""
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release")
HOLDER = "chu-bench"


class Spent:
    """Of one program: what it printed, seconds of the wall and of the processor, peak memory in MB."""

    def __init__(self, *command):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EMC2_")}
        before = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
            self.output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.monotonic() - before
        self.core = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss / 1000
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {process.returncode}\n{self.output}")


def bench(name, *arguments):
    return Spent(os.path.join(BUILD, "bench", name), *(str(argument) for argument in arguments))


def found(pattern, text):
    """Every number that the pattern has a group for, of its first match."""
    match = re.search(pattern, text)
    if not match:
        sys.exit(f"nothing like {pattern} in:\n{text}")
    numbers = [float(group) for group in match.groups()]
    return numbers[0] if len(numbers) == 1 else numbers


class House:
    """A centre, an authority and a warehouse that know one another."""

    def __init__(self, work, threads):
        self.work, self.threads = work, threads
        self.passphrase = self.path("intake-passphrase")
        with open(self.passphrase, "w", encoding="utf-8") as file:
            file.write("only for measuring, on invented data\n")
        os.chmod(self.passphrase, 0o600)
        for left in ("house", "authority", "centre"):
            shutil.rmtree(self.path(left), ignore_errors=True)
        self.meet()

    def path(self, name):
        return os.path.join(self.work, name)

    def emc2(self, place, *arguments):
        where = ("--centre", self.path(place)) if place == "centre" else ("--warehouse", self.path(place))
        return Spent(os.path.join(BUILD, "emc2"), *arguments, *where, "--passphrase-file", self.passphrase, "--threads", str(self.threads),
                     "--quiet")

    def meet(self):
        cards = {place: self.path(place + ".card") for place in ("house", "authority", "centre")}
        signed, terms = self.path("agreement"), self.path("terms.json")
        with open(os.path.join(ROOT, "packaging", "agreement", "hospital.json"), encoding="utf-8") as file:
            agreement = json.load(file)
        agreement.update({"holder": HOLDER, "from": "2020-01-01", "until": "2099-12-31"})
        with open(terms, "w", encoding="utf-8") as file:
            json.dump(agreement, file)
        self.emc2("house", "init")
        self.emc2("house", "intake", "card", "--out", cards["house"])
        self.emc2("authority", "authority", "init")
        self.emc2("authority", "authority", "card", "--out", cards["authority"])
        self.emc2("centre", "centre", "init", "--holder", HOLDER, "--language", "en")
        self.emc2("centre", "centre", "card", "--out", cards["centre"])
        self.emc2("house", "holder", "add", cards["centre"], "--kind", "hospital", "--from", "2020-01-01", "--until", "2099-12-31")
        self.emc2("house", "holder", "agreement", HOLDER, terms, "--out", signed)
        self.emc2("authority", "authority", "holder", "add", cards["centre"], "--limit", "100000000")
        self.emc2("centre", "centre", "take", cards["house"], cards["authority"], signed)

    def deliver(self, export):
        """The whole way of one export; what each step took."""
        request, response, delivery = self.path("a.request"), self.path("a.response"), self.path("a.delivery")
        for left in (request, response, delivery):
            if os.path.exists(left):
                os.remove(left)
        return {"blind": self.emc2("centre", "centre", "blind", export, "--out", request),
                "evaluate": self.emc2("authority", "authority", "evaluate", request, "--out", response),
                "finish": self.emc2("centre", "centre", "finish", request, response),
                "pack": self.emc2("centre", "centre", "pack", export, "--out", delivery),
                "load": self.emc2("house", "load", delivery)}, os.path.getsize(delivery)


class Sheet:
    """The lines as they are printed, and the figures as they are written."""

    def __init__(self):
        self.figures = {}

    def heading(self, words):
        print(f"\n{words}", flush=True)

    def rate(self, key, label, value, unit, goal=None, note=""):
        self.figures[key] = {"value": round(value, 3), "unit": unit}
        reached = ""
        if goal is not None:
            self.figures[key]["goal"] = goal
            is_reached = value < goal if unit == "s" else value >= goal
            reached = f"goal {'<' if unit == 's' else '>='} {goal:,}: {'reached' if is_reached else 'MISSED'}"
        print(f"{label:52} {value:>14,.1f} {unit:20} {reached} {note}".rstrip(), flush=True)

    def memory(self, key, label, small, large, what):
        """Peak memory at two sizes, ten times apart (small, large: size and MB)."""
        self.figures[key] = {"sizes": [small[0], large[0]], "megabytes": [round(small[1], 1), round(large[1], 1)]}
        print(f"{label:52} {small[1]:>8,.0f} MB at {small[0]:>9,} {what}, {large[1]:>8,.0f} MB at {large[0]:>10,}: {large[1] / small[1]:.2f}x", flush=True)


def size_of(path):
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)


def lines_of(path):
    count = 0
    for name in os.listdir(path):
        with open(os.path.join(path, name), "rb") as file:
            count += sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    return count


def hospital(sheet, house, megabytes):
    """NDJSON to a delivery, and the delivery into the warehouse; beside it what reading alone costs here, and elsewhere."""
    export = house.path("fhir")
    sheet.heading("a hospital: FHIR NDJSON to a sealed delivery")
    sizes = []
    for part in (megabytes / 10, megabytes):
        shutil.rmtree(export, ignore_errors=True)
        os.makedirs(export)
        alone = bench("fhir_bench", export, max(8, int(part))).output
        steps, sealed = house.deliver(export)
        sizes.append((lines_of(export), steps))
    bytes_read, lines = size_of(export) / 1e6, sizes[1][0]
    pack = steps["pack"]
    sheet.rate("pack", "centre pack: read, agreement, detectors, sealed", bytes_read / pack.core, "MB/s a core", 100,
               f"({pack.wall:.2f} s on {house.threads} threads: {bytes_read / pack.wall:,.0f} MB/s; {bytes_read:,.0f} MB become {sealed / 1e6:,.1f})")
    for key, label, name in (("fhir_records", "  reading alone, NDJSON to records", "NDJSON to records"),
                             ("fhir_simdjson", "  simdjson, parse and nothing else", "simdjson, parse alone"),
                             ("fhir_duckdb", "  DuckDB, read_ndjson, the same fields", "DuckDB, read_ndjson")):
        sheet.rate(key, label, found(rf"{name}\s+([\d.]+) MB/s", alone), "MB/s a core")
    sheet.rate("load", "load of the delivery: checked, staged, entered", lines / steps["load"].core, "rows/s a core", None,
               f"({steps['load'].wall:.2f} s)")
    for step in ("pack", "load"):
        sheet.memory(f"{step}_memory", f"  peak memory, {step}", (sizes[0][0], sizes[0][1][step].memory), (lines, steps[step].memory), "rows")
    shutil.rmtree(export)


def pseudonyms(sheet, persons, keys):
    """The authority beside the group's own limit, which is one power an element; both ends of a holder."""
    sheet.heading("pseudonyms: a holder blinds, the authority answers, the holder takes them")
    one = [bench("circuit_bench", count, 1) for count in (persons // 10, persons)]
    every = bench("circuit_bench", max(1, persons // keys), keys).output
    output = one[1].output
    row = r"{}\s+([\d.]+) /s"
    limit = found(row.format(r"power of the key \(the group's limit\)"), output)
    answers = found(row.format("the authority answers, persons"), output)
    sheet.rate("authority", "the authority, one key a person", answers, "persons/s a core", 12000, f"({answers / limit:.2f} of the group's limit)")
    sheet.rate("authority_limit", "  the group's own limit: one power a person", limit, "persons/s a core")
    sheet.rate("authority_all", f"the authority, all {keys} keys a person", found(row.format("the authority answers, persons"), every),
               "persons/s a core")
    sheet.rate("blind", "a holder blinds, one key a person", found(row.format("a holder blinds, persons"), output), "persons/s a core")
    sheet.rate("finish", "a holder verifies and unblinds, one key a person", found(row.format("verifies and unblinds, persons"), output),
               "persons/s a core")
    sheet.memory("pseudonyms_memory", "  peak memory, the three together", (persons // 10, one[0].memory), (persons, one[1].memory), "persons")


def claims(sheet, rows):
    sheet.heading("the claims base: SNDS tables to records")
    runs = [bench("snds_bench", count) for count in (rows // 10, rows)]
    megabytes, a_second = found(r"a core: (\d+) MB/s, (\d+) rows/s", runs[1].output)
    sheet.rate("snds", "SNDS, rows of claims joined with their details", a_second, "rows/s a core", None, f"({megabytes:.0f} MB/s)")
    sheet.memory("snds_memory", "  peak memory", (rows // 10, runs[0].memory), (rows, runs[1].memory), "claims")


def warehouse(sheet, rows, house):
    sheet.heading("the warehouse: deliveries checked, standardised, assembled")
    path = house.path("delivery-bench")
    runs = [bench("delivery_bench", count, path) for count in (rows // 10, rows)]
    for key, label in (("write", "a delivery written: columns, detectors, sealed"), ("check", "a delivery checked, all of it")):
        sheet.rate("delivery_" + key, label, found(rf"{key}\s+([\d.]+) M records/s", runs[1].output) * 1e6, "rows/s a core")
    sheet.memory("delivery_memory", "  peak memory", (rows // 10, runs[0].memory), (rows, runs[1].memory), "rows")
    persons = rows // 32
    runs = [bench("assemble_bench", count) for count in (persons // 10, persons)]
    for key, label, pattern in (("standardise", "standardised", r"standardise\s+"), ("shelf", "onto the shelf", r"onto the shelf, beside that\s+"),
                                ("assemble", "assembled and stored", r"assemble and store\s+")):
        sheet.rate(key, label, found(pattern + r"(\d+) ", runs[1].output), "rows/s a core")
    sheet.memory("assemble_memory", "  peak memory", (rows // 10, runs[0].memory), (rows, runs[1].memory), "rows")


def linkage(sheet, persons, threads):
    """Two sources of so many persons each. Linkage holds the entries: its memory grows with them, and the figure says by how much."""
    sheet.heading(f"linkage: two sources of {persons:,} persons, {threads} threads")
    runs = [bench("linkage_bench", count, threads, "two") for count in (persons // 10, persons)]
    entries, precision, recall, seconds = found(r"(\d+) entries.*precision ([\d.]+) recall ([\d.]+) F1 [\d.]+; ([\d.]+) s", runs[1].output)
    core = found(r"([\d.]+) s of a core", runs[1].output)
    sheet.rate("linkage", f"linkage of {entries:,.0f} entries", seconds, "s", 60 if persons == 1_000_000 else None,
               f"({core:.1f} s of a core; precision {precision:.5f}, recall {recall:.5f})")
    sheet.memory("linkage_memory", "  peak memory, with the making of the persons", (persons // 10, runs[0].memory), (persons, runs[1].memory), "persons")


def generator(sheet, house, persons):
    sheet.heading("the rehearsal itself")
    out = house.path("exports")
    shutil.rmtree(out, ignore_errors=True)
    made = Spent(os.path.join(BUILD, "emc2"), "synthesise", "--out", out, "--persons", str(persons), "--exports", "--threads", str(house.threads), "--quiet")
    sheet.rate("synthesise", "emc2 synthesise --exports", persons / made.core, "persons/s a core", None, f"({size_of(out) / made.core / 1e6:.0f} MB/s)")
    shutil.rmtree(out)


def measure(work, threads, is_large):
    """Prints; gives the figures. is_large: what the goals are about, at ten times the size where the small one is bounded."""
    sheet = Sheet()
    began = time.monotonic()
    print(f"intake, {threads} threads; rates are for a second of the processor (others may be running); load average {os.getloadavg()[0]:.1f}", flush=True)
    house = House(work, threads)
    hospital(sheet, house, 1000 if is_large else 200)
    claims(sheet, 10_000_000 if is_large else 1_000_000)
    pseudonyms(sheet, 1_000_000 if is_large else 50_000, 11)
    warehouse(sheet, 10_000_000 if is_large else 1_000_000, house)
    generator(sheet, house, 200_000 if is_large else 20_000)
    linkage(sheet, 1_000_000, threads)
    print(f"\nintake took {time.monotonic() - began:,.0f} s; load average {os.getloadavg()[0]:.1f}; this program's own peak "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB", flush=True)
    return sheet.figures
