# SPDX-License-Identifier: EUPL-1.2
"""A small tree of three modules in a temporary folder, with the real tools, CMake functions and configurations: the place where the
tests of the gate plant one fault at a time."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent.parent
COPIED = ["tools", "cmake", "packaging", "CMakePresets.json", ".clang-format", ".clang-tidy", "tests/replay.c"]
SPDX = "SPDX-License-Identifier: EUPL-1.2"

CMAKE = f"""# {SPDX}
# A small tree for the tests of the gate.
cmake_minimum_required(VERSION 3.25)
project(emc2 VERSION 0.1.0 LANGUAGES C CXX)
list(APPEND CMAKE_MODULE_PATH "${{CMAKE_SOURCE_DIR}}/cmake")
include(emc2)
emc2_module(base)
emc2_module(trust/crypto)
emc2_module(trust/keys)
emc2_program(emc2 trust/keys)
add_test(NAME version COMMAND emc2 version)
set_tests_properties(version PROPERTIES LABELS system)
"""
LAYERS = """# who may use whom
base:
trust/crypto:
trust/keys: trust/crypto
foreign zlib.h: base
foreign sodium.h: trust/crypto
"""
GENERATE = f"""# {SPDX}
# The banned functions, as in the real base.
emc2_generate(OUTPUT base/banned.h COMMAND tools/generate-banned.py tools/checks/banned.csv DEPENDS "${{CMAKE_SOURCE_DIR}}/tools/checks/banned.csv")
"""
README = """# {0}
## Purpose
## Words
## How it works
## Invariants
## Files
## How to test
## What it deliberately does not do
"""
HEADER = """/* {spdx} */
/* {leaf}: one addition, for the tests of the gate. */
#pragma once

int {leaf}_add(int a, int b); /* the sum */
"""
CODE = """/* {spdx} */
/* {leaf}: one addition, for the tests of the gate. */
#include "{module}/{leaf}.h"

int {leaf}_add(int a, int b)
{{
    return a + b;
}}
"""
TEST = """/* {spdx} */
/* Tests of {leaf}. */
#include "{module}/{leaf}.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void adds(void **state)
{{
    (void)state;
    assert_int_equal({leaf}_add(1, 2), 3);
}}

int main(void)
{{
    const struct CMUnitTest tests[] = {{cmocka_unit_test(adds)}};
    return cmocka_run_group_tests(tests, NULL, NULL);
}}
"""
FUZZ = f"""/* {SPDX} */
/* Fuzzes the addition. */
#include "base/base.h"
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{{
    return size > 1 && base_add(data[0], data[1]) < 0;
}}
"""
MAIN = f"""/* {SPDX} */
/* A program that does nothing well. */
int main(void)
{{
    return 0;
}}
"""


class Scratch:
    """The tree; write() and append() change it, check() runs one check in it, clean() takes the changes back."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="gate-")
        self.root = pathlib.Path(self.folder.name)
        self.before = {}
        for name in COPIED:
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (HERE / name).is_dir() else shutil.copy2)(HERE / name, target)
        for module in ("base", "trust/crypto", "trust/keys"):
            self.module(module)
        self.put("CMakeLists.txt", CMAKE)
        self.put("src/LAYERS", LAYERS)
        self.put("src/base/base_fuzz.c", FUZZ)
        self.put("src/base/generate.cmake", GENERATE)
        self.put("src/base/corpus/base_fuzz/two", "ab")
        self.put("src/trust/crypto/private.h", f"/* {SPDX} */\n/* private: for this module only. */\n#pragma once\n")
        self.put("src/trust/keys/main.c", MAIN)
        self.put("tools/waivers.csv", "# at most 0: only shrinks\nkind,file,name,limit,why\n")
        if (HERE / ".deps").exists():
            os.symlink(HERE / ".deps", self.root / ".deps")

    def module(self, module):
        names = {"module": module, "leaf": module.split("/")[-1], "spdx": SPDX}
        self.put(f"src/{module}/README.md", README.format(module))
        self.put(f"src/{module}/{names['leaf']}.h", HEADER.format(**names))
        self.put(f"src/{module}/{names['leaf']}.c", CODE.format(**names))
        self.put(f"src/{module}/{names['leaf']}_test.c", TEST.format(**names))

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def write(self, name, text):
        path = self.root / name
        self.before.setdefault(name, path.read_text(encoding="utf-8") if path.exists() else None)
        self.put(name, text)

    def append(self, name, text):
        self.write(name, (self.root / name).read_text(encoding="utf-8") + text)

    def replace(self, name, old, new):
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old}"
        self.write(name, text.replace(old, new))

    def remove(self, name):
        self.write(name, "")
        (self.root / name).unlink()

    def clean(self):
        for name, text in self.before.items():
            if text is None:
                (self.root / name).unlink(missing_ok=True)
            else:
                self.put(name, text)
        self.before = {}

    def run(self, *command, environment=None):
        """(exit code, output) of a command in the tree."""
        done = subprocess.run(command, cwd=self.root, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **(environment or {})),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
        return done.returncode, done.stdout

    def check(self, name):
        environment = {key: "" for key in ("EMC2_CHECK_COUNTS",)}
        return self.run(sys.executable, f"tools/checks/{name}", environment=environment)

    def close(self):
        self.folder.cleanup()
