# SPDX-License-Identifier: EUPL-1.2
"""The checks that compile and run: each passes on a clean tree and fails on a planted fault. One build folder for each preset, so that
every test compiles only what it changed."""
import os
import pathlib
import unittest

from scratch import HERE, SPDX, Scratch

KEYS = "src/trust/keys/keys.c"
TEST = "src/trust/keys/keys_test.c"
ADDS = "    assert_int_equal(keys_add(1, 2), 3);\n"
needs_libraries = unittest.skipUnless((HERE / ".deps/duckdb/lib/libduckdb.so").exists(), "run tools/install-deps first")


@needs_libraries
class CompiledChecks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = Scratch()

    @classmethod
    def tearDownClass(cls):
        cls.tree.close()

    def tearDown(self):
        self.tree.clean()

    def passes(self, *checks):
        for check in checks:
            code, output = self.tree.check(check)
            self.assertEqual(code, 0, f"{check}: {output}")

    def fails(self, check, *words):
        code, output = self.tree.check(check)
        self.assertEqual(code, 1, f"{check} let it pass: {output}")
        for word in words:
            self.assertIn(word, output)

    def test_1_the_clean_tree_passes(self):
        self.passes("gcc", "tests", "headers", "clang", "cppcheck", "tidy", "system")

    def test_gcc_warning(self):
        self.tree.append(KEYS, "static int narrow(long x)\n{\n    return x;\n}\nint keys_narrow(long x)\n{\n    return narrow(x);\n}\n")
        self.fails("gcc", f"{KEYS}:11: does not compile (preset dev)", f"{KEYS}:13: does not compile")

    def test_banned_does_not_compile(self):
        text = "int keys_read(const char *text);\nint keys_read(const char *text)\n{\n    return ato" + "i(text);\n}\n"
        self.tree.append(KEYS, text)
        for check in ("gcc", "clang"):
            self.fails(check, f"{KEYS}:12: does not compile", "use text_to_i64")

    def test_gcc_link(self):
        self.tree.replace(KEYS, "return a + b;", "extern int keys_elsewhere(void);\n    return a + b + keys_elsewhere();")
        self.fails("gcc", "undefined reference to `keys_elsewhere'")

    def test_gcc_undeclared_use_of_a_module(self):
        """src/LAYERS drives linking: crypto does not list keys, so a call that slips past the headers does not link."""
        self.tree.replace("src/trust/crypto/crypto.c", "return a + b;", "extern int keys_add(int, int);\n    return keys_add(a, b);")
        self.fails("gcc", "undefined reference to `keys_add'")

    def test_threads_race(self):
        head = f"/* {SPDX} */\n/* a race */\n#pragma once\n"
        self.tree.write("src/base/task.h", head)
        race = """#include "base/task.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

static int counted;
static void *count_up(void *context)
{
    (void)context;
    counted += 1;
    return NULL;
}
static void races(void **state)
{
    (void)state;
    pthread_t one, other;
    assert_int_equal(pthread_create(&one, NULL, count_up, NULL) + pthread_create(&other, NULL, count_up, NULL), 0);
    assert_int_equal(pthread_join(one, NULL) + pthread_join(other, NULL), 0);
}
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(races)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
"""
        self.tree.write("src/base/task_test.c", race)
        self.fails("threads", "test base/task_test fails", "data race")
        self.tree.write("src/base/task_test.c", race.replace("    counted += 1;\n", "    __atomic_add_fetch(&counted, 1, __ATOMIC_SEQ_CST);\n"))
        self.passes("threads")

    def test_clang_warning(self):
        text = "int keys_both(int x);\nint keys_both(int x)\n{\n    if ((x == 1)) {\n        return 2;\n    }\n    return 3;\n}\n"
        self.tree.append(KEYS, text)  # clang alone sees the double brackets
        self.fails("clang", f"{KEYS}:12: does not compile (preset clang)")

    def in_test(self, code):
        self.tree.replace(TEST, ADDS, code)
        self.passes("gcc")

    def test_tests_failing_assertion(self):
        self.in_test("    assert_int_equal(keys_add(1, 2), 4);\n")
        self.fails("tests", "test trust/keys/keys_test fails", "0x3 != 0x4")

    def test_tests_heap_overflow(self):
        self.in_test("    volatile int at = 4;\n    char *text = test_malloc(4);\n    text[at] = 1;\n    test_free(text);\n")
        self.fails("tests", "test trust/keys/keys_test fails")

    def test_tests_use_after_free(self):
        self.tree.replace(TEST, "#include <cmocka.h>", "#include <cmocka.h>\n#include <stdlib.h>")
        self.in_test("    volatile int at = 0;\n    char *text = malloc(4);\n    text[0] = 1;\n    char *again = text + at;\n    free(text);\n"
                     "    assert_int_equal(*(volatile char *)again, 1);\n".replace("    char *again", "    char *volatile again"))
        self.fails("tests", "AddressSanitizer")

    def test_tests_leak(self):
        self.tree.replace(TEST, "#include <cmocka.h>", "#include <cmocka.h>\n#include <stdlib.h>")
        self.in_test("    char *volatile text = malloc(4);\n    text = NULL;\n    assert_null(text);\n")
        self.fails("tests", "LeakSanitizer")

    def test_tests_undefined_behaviour(self):
        self.in_test("    volatile int large = 2147483647;\n    assert_int_not_equal(keys_add(large, 1), 0);\n")
        self.fails("tests", "signed integer overflow")

    def test_tests_replayed_corpus(self):
        self.tree.replace("src/base/base_fuzz.c", "return size > 1 &&", "volatile int zero = 0;\n    return size > 1 && data[0] / zero &&")
        self.passes("gcc")
        self.fails("tests", "test base/base_fuzz_replay fails", "division by zero")

    def test_tests_not_built(self):
        self.tree.append(TEST, "#error not today\n")
        self.fails("gcc", "not today")
        program = self.tree.root / "build/dev/trust_keys_keys_test"
        program.unlink(missing_ok=True)
        self.fails("tests", "trust/keys/keys_test")

    def test_headers(self):
        self.tree.append("src/trust/keys/keys.h", "size_t keys_count(void);\n")
        self.fails("headers", "src/trust/keys/keys.h:6: the header does not compile alone")

    def test_cppcheck(self):
        self.tree.append(KEYS, "int keys_first(const int *p);\nint keys_first(const int *p)\n{\n    int first = *p;\n    return p ? first : 0;\n}\n")
        self.fails("cppcheck", f"{KEYS}:", "nullPointerRedundantCheck")

    def test_tidy(self):
        text = "double keys_half(int x);\ndouble keys_half(int x)\n{\n    return x / 2;\n}\n"
        self.tree.append(KEYS, text)
        self.passes("clang")
        self.fails("tidy", f"{KEYS}:12: ", "bugprone-integer-division")
        self.fails("tidy", "1 of")  # a file that failed is not remembered as clean

    def test_tidy_in_a_header(self):
        self.passes("tidy")
        self.tree.append("src/trust/keys/keys.h", "static inline double keys_half(int x)\n{\n    return x / 2;\n}\n")
        self.passes("clang")
        self.fails("tidy", "src/trust/keys/keys.h:8: ", "bugprone-integer-division")

    def test_system_program_fails(self):
        self.tree.replace("src/trust/keys/main.c", "return 0;", "return 3;")
        self.fails("system", "the installed emc2 does not run", "test version fails")

    def test_system_skipped_is_said(self):
        report = self.tree.root / "counts-of-system"
        self.tree.append("CMakeLists.txt", "emc2_system_test(missing sh -c \"exit 77\")\n")
        self.tree.run("python3", "tools/checks/system", environment={"EMC2_CHECK_COUNTS": str(report)})
        self.assertEqual(report.read_text(encoding="utf-8").split(), ["1", "0", "1"])

    def test_system_without_tests(self):
        self.tree.replace("CMakeLists.txt", "LABELS system", "LABELS other")
        self.fails("system", "no whole-system test ran")

    def test_isolated(self):
        """A test that speaks to its own machine over TCP passes in `tests`, and fails where there is no network at all."""
        self.tree.replace(TEST, "#include <cmocka.h>", "#include <arpa/inet.h>\n#include <cmocka.h>\n#include <sys/socket.h>")
        self.in_test("    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};\n"
                     "    socklen_t size = sizeof here;\n    int one = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);\n"
                     "    assert_int_equal(bind(one, (struct sockaddr *)&here, size) + listen(one, 1), 0);\n"
                     "    assert_int_equal(getsockname(one, (struct sockaddr *)&here, &size), 0);\n"
                     "    assert_int_equal(connect(other, (struct sockaddr *)&here, size), 0);\n")
        self.passes("tests")
        self.fails("isolated", "test trust/keys/keys_test fails")

    def test_valgrind_uninitialised(self):
        self.passes("valgrind")
        self.tree.replace(TEST, "#include <cmocka.h>", "#include <cmocka.h>\n#include <stdlib.h>")
        self.tree.replace(TEST, ADDS, "    int *volatile numbers = malloc(2 * sizeof *numbers);\n    int sum = keys_add(numbers[0], 1);\n"
                                      "    assert_true(sum == 3 || sum != 3);\n    free(numbers);\n")
        self.tree.replace(KEYS, "return a + b;", "volatile int seen = 0;\n    if (a > 7) {\n        seen = 1;\n    }\n    return a + b + 0 * seen;")
        self.fails("valgrind", f"{KEYS}:", "trust/keys/keys_test fails under valgrind", "uninitialised")

    def test_valgrind_leak(self):
        self.tree.replace(TEST, "#include <cmocka.h>", "#include <cmocka.h>\n#include <stdlib.h>")
        self.tree.replace(TEST, ADDS, "    char *volatile text = malloc(4);\n    text = NULL;\n    assert_null(text);\n")
        self.fails("valgrind", "trust/keys/keys_test fails under valgrind", "definitely lost")

    def test_counts_are_real(self):
        report = self.tree.root / "counts"
        self.tree.replace(TEST, "{cmocka_unit_test(adds)}", "{cmocka_unit_test(adds), cmocka_unit_test(adds), cmocka_unit_test(adds)}")
        self.tree.append(TEST, "\n")
        self.passes("gcc")
        self.tree.run("python3", "tools/checks/tests", environment={"EMC2_CHECK_COUNTS": str(report)})
        # keys 3, crypto 1, base 1, the replay of base_fuzz 1
        self.assertEqual(report.read_text(encoding="utf-8").split(), ["6", "0", "0"])


@needs_libraries
class NewModule(unittest.TestCase):
    def test_it_compiles_and_its_test_passes(self):
        """The skeleton against the real base: its own code and test compile with warnings as errors; base answers at link time."""
        tree = Scratch()
        self.addCleanup(tree.close)
        code, output = tree.run("tools/new-module", "governance/permit", "decides applications")
        self.assertEqual(code, 0, output)
        include = tree.root / "generated/base"
        include.mkdir(parents=True)
        code, output = tree.run("python3", str(HERE / "tools/generate-errors.py"), str(HERE / "spec/errors.csv"), str(include / "error_codes.h"))
        self.assertEqual(code, 0, output)
        for name in ("permit.c", "permit_test.c"):
            code, output = tree.run("gcc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wmissing-prototypes", "-D_GNU_SOURCE",
                                    "-fsyntax-only", "-Isrc", f"-I{HERE / 'src'}", "-Igenerated", f"src/governance/permit/{name}")
            self.assertEqual(code, 0, output)


if __name__ == "__main__":
    unittest.main()
