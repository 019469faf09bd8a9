# SPDX-License-Identifier: EUPL-1.2
"""Building a preset and running its tests, for the checks that need a compiler. Compiler messages become file:line faults; what ran is
counted from the tests' own output and handed to tools/check through the file named in EMC2_CHECK_COUNTS."""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

from tree import fault

JOBS = os.cpu_count() or 2
COMPILER_LINE = re.compile(r"(?m)^([^\s:][^:\n]*):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$")
LINK_LINE = re.compile(r"(?m)^(?:/usr/bin/ld: )?(?:[^\s:]+\.o: in function `(\w+)':\n)?([^\s:]+\.[ch](?:pp)?):(\d+): (undefined reference to .*)$")


def inside(path):
    """True for a file of the tree (and not of the compiler, a library or the build folder)."""
    return not relative(path).startswith(("..", "/", "build/", ".deps/"))


def compiler_faults(text):
    """(path, line, message) of each error. One in a foreign header is told once, at the include in our file that leads to it."""
    came_from = None
    told = set()
    for line in text.splitlines():
        start = re.match(r"In file included from ([^:]+):(\d+)", line) or re.match(r"\s+from ([^:]+):(\d+)", line)
        if start and inside(start.group(1)):
            came_from = start.groups()
        error = COMPILER_LINE.match(line)
        if not error:
            continue
        path, number, message = error.groups()
        if not inside(path) and came_from:
            if came_from in told:
                continue
            told.add(came_from)
            path, number = came_from
        yield relative(path), number, message


def relative(path):
    return os.path.relpath(path, os.getcwd()) if os.path.isabs(path) else re.sub(r"^(\.\./)+", "", path)


def configure(preset):
    """Configures when that was never done; ninja does it again by itself when a CMake file changes."""
    folder = f"build/{preset}"
    if os.path.exists(f"{folder}/build.ninja"):
        return folder
    run = subprocess.run(["cmake", "--preset", preset, "--log-level=WARNING"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        where = re.search(r"CMake Error at (\S+?):(\d+)", run.stderr)
        fault(where.group(1) if where else "CMakeLists.txt", where.group(2) if where else 1,
              f"configuring preset {preset} fails", " ".join(run.stderr.split())[:300])
        return None
    return folder


def build(preset, *targets):
    """Builds and goes on past errors, so that all of them are seen. True when everything was built."""
    folder = configure(preset)
    if not folder:
        return False
    run = subprocess.run(["ninja", "-C", folder, "-k", "0", *targets], capture_output=True, text=True, check=False)
    text = run.stdout + run.stderr
    with open(f"{folder}/gate.log", "w", encoding="utf-8") as log:
        log.write(text)
    if run.returncode == 0:
        return True
    found = False
    for path, line, message in compiler_faults(text):
        found = True
        fault(path, line, f"does not compile (preset {preset})", message.replace(": ", " "))
    seen = set()
    for _, path, line, message in LINK_LINE.findall(text):
        found = True
        if message in seen: # one line for each name that is missing
            continue
        seen.add(message)
        fault(relative(path), line, f"does not link (preset {preset})", message)
    if not found:
        fault("CMakeLists.txt", 1, f"preset {preset} does not build", f"see {folder}/gate.log: {' '.join(text.split())[-300:]}")
    return False


def count(passed, failed, skipped):
    path = os.environ.get("EMC2_CHECK_COUNTS")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{passed} {failed} {skipped}\n")
    else:
        print(f"note: {passed} passed, {failed} failed, {skipped} skipped", file=sys.stderr)


def counted(output, status):
    """(passed, failed, skipped) of one ctest test: what cmocka or unittest say themselves, or the test as a whole."""
    passed = sum(int(number) for number in re.findall(r"\[  PASSED  \] (\d+) test", output))
    failed = sum(int(number) for number in re.findall(r"\[  FAILED  \] (\d+) test", output))
    skipped = sum(int(number) for number in re.findall(r"\[  SKIPPED \] (\d+) test", output))
    for ran, rest in re.findall(r"(?m)^Ran (\d+) tests? in [^\n]*\n+(?:OK|FAILED)([^\n]*)", output):
        bad = sum(int(number) for number in re.findall(r"(?:failures|errors)=(\d+)", rest))
        left = sum(int(number) for number in re.findall(r"skipped=(\d+)", rest))
        passed, failed, skipped = passed + int(ran) - bad - left, failed + bad, skipped + left
    if status == "skipped":
        return 0, 0, 1
    if status == "fail" and failed == 0:
        return passed, 1, skipped
    if passed + failed + skipped == 0:
        return 1, 0, 0
    return passed, failed, skipped


def status_of(case):
    """run, fail or skipped. A test that was not built is a failure; only one that says itself that it cannot run here is skipped."""
    status = case.get("status")
    if status in ("notrun", "disabled"):
        why = case.find("skipped")
        return "skipped" if why is not None and "SKIP_" in (why.get("message") or "") else "fail"
    return status


def run_ctest(folder, *arguments, before=(), counting=True, environment=None):
    """Runs the tests of a build folder, names what failed, counts what ran (not what ran once more in another build). The number of ctest
    tests that ran."""
    report = os.path.abspath(f"{folder}/gate-junit.xml")
    if os.path.exists(report):
        os.remove(report)
    environment = dict(os.environ, **(environment or {}), UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1", CLICOLOR_FORCE="0",
                       ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1")
    subprocess.run([*before, "ctest", "--test-dir", folder, "-j", str(JOBS), "--output-junit", report, "--test-output-size-passed", "10000000",
                    "--test-output-size-failed", "10000000", "--timeout", "600", "--quiet", *arguments],
                   env=environment, capture_output=True, check=False)
    if not os.path.exists(report):
        return 0
    cases = xml.etree.ElementTree.parse(report).getroot().findall("testcase")
    total = [0, 0, 0]
    for case in cases:
        output, status = case.findtext("system-out") or "", status_of(case)
        result = counted(output, status)
        total = [before + more for before, more in zip(total, result)]
        if result[1]:
            name_failure(case.get("name"), output)
    if counting:
        count(*total)
    return len(cases)


def name_failure(name, output):
    """One fault for a failed test, at the place that the assertion or the sanitizer names, with its last lines under it."""
    where = re.search(r"([\w./-]+\.(?:c|h|cpp|py)):(\d+)(?::\d+)?: (?:error: Failure|runtime error)", output)
    where = where or re.search(r"#\d+ 0x\w+ in \w+ ([\w./-]*src/[\w./-]+):(\d+)", output)
    said = [re.sub(r"^\[  ERROR   \] --- ", "", line.strip()) for line in output.splitlines() if line.strip()]
    said = [line for line in said if not re.match(r"\[(=+|-+|[ A-Z]+)\]", line)]
    if any(line.startswith("Unable to find executable") for line in said):
        fault(f"test {name}", 0, "was not built", "see the check gcc")
        return
    telling = [line for line in said if re.search(r"ERROR|runtime error|Sanitizer|!=|Error|assert|fail", line)] or said[-2:] or ["it says nothing"]
    fault(relative(where.group(1)) if where else f"test {name}", where.group(2) if where else 0, f"test {name} fails", "; ".join(telling[:3])[:400])
