# SPDX-License-Identifier: EUPL-1.2
"""The checks that only read: each passes on a clean tree and fails on a planted fault, at the right place."""
import unittest

from scratch import SPDX, Scratch

KEYS = "src/trust/keys/keys.c"
HEAD = f"/* {SPDX} */\n/* a part. */\n"


class StaticChecks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = Scratch()

    @classmethod
    def tearDownClass(cls):
        cls.tree.close()

    def tearDown(self):
        self.tree.clean()

    def fails(self, check, *words):
        code, output = self.tree.check(check)
        self.assertEqual(code, 1, f"{check} let it pass: {output}")
        for word in words:
            self.assertIn(word, output)

    def passes(self, check):
        code, output = self.tree.check(check)
        self.assertEqual(code, 0, output)

    def plant(self, text, name=KEYS):
        self.tree.append(name, text)

    def test_the_clean_tree_passes(self):
        for check in ("format", "layers", "banned", "sizes", "modules", "words", "generated", "corpora", "documents", "scripts"):
            with self.subTest(check=check):
                self.passes(check)

    # format
    def test_format(self):
        self.plant("int  badly( void );\n")
        self.fails("format", KEYS + ":9: is not formatted")

    # layers
    def test_layers_upward_include(self):
        self.plant('#include "trust/keys/keys.h"\n', "src/base/base.c")
        self.fails("layers", "src/base/base.c:", "base includes trust/keys")

    def test_layers_upward_include_in_a_test(self):
        self.plant('#include "trust/keys/keys.h"\n', "src/trust/crypto/crypto_test.c")
        self.fails("layers", "its test does not link it")

    def test_layers_private_header(self):
        self.plant('#include "trust/crypto/private.h"\n')
        self.fails("layers", "is private to trust/crypto")

    def test_layers_internal_header(self):
        self.plant('#include "trust/crypto/crypto_internal.h"\n')
        self.fails("layers", "is private to trust/crypto")

    def test_layers_private_header_at_home(self):
        self.plant('#include "trust/crypto/private.h"\n', "src/trust/crypto/crypto.c")
        self.passes("layers")

    def test_layers_private_header_in_a_bench_and_in_a_test(self):
        self.tree.write("bench/inner.c", HEAD + '#include "trust/crypto/private.h"\n')
        self.tree.write("tests/whole/own.h", HEAD + "#pragma once\n")
        self.tree.write("tests/whole/whole_test.c", HEAD + '#include "own.h"\n')
        self.passes("layers")
        self.tree.write("tests/whole/whole_test.c", HEAD + '#include "trust/crypto/private.h"\n')
        self.fails("layers", "is private to trust/crypto")

    def test_layers_short_path(self):
        self.plant('#include "keys.h"\n')
        self.fails("layers", "does not name a module")

    def test_layers_foreign_header_outside_its_seam(self):
        self.plant("#include <sodium.h>\n")
        self.fails("layers", "belongs to trust/crypto alone")

    def test_layers_foreign_header_in_its_seam(self):
        self.plant("#include <sodium.h>\n", "src/trust/crypto/crypto.c")
        self.passes("layers")

    def test_layers_foreign_header_without_seam(self):
        self.plant("#include <curl/curl.h>\n")
        self.fails("layers", "is foreign and has no seam")

    def test_layers_reserved_header(self):
        self.tree.write("src/trust/crypto/crypto_secret.h", HEAD + "#pragma once\n")
        self.tree.append("src/LAYERS", "reserved trust/crypto/crypto_secret.h: governance\n")
        self.plant('#include "trust/crypto/crypto_secret.h"\n')
        self.fails("layers", "is reserved to governance")

    def test_layers_reserved_header_for_its_floor_and_for_tests(self):
        self.tree.write("src/trust/crypto/crypto_secret.h", HEAD + "#pragma once\n")
        self.tree.append("src/LAYERS", "reserved trust/crypto/crypto_secret.h: trust\n")
        self.plant('#include "trust/crypto/crypto_secret.h"\n')
        self.passes("layers")
        self.tree.append("src/LAYERS", "reserved trust/crypto/absent.h: trust\n")
        self.fails("layers", "absent.h is not there")

    def test_layers_map_upward(self):
        self.tree.replace("src/LAYERS", "trust/crypto:\n", "trust/crypto: trust/keys\n")
        self.fails("layers", "src/LAYERS:3:", "stands higher")

    def test_layers_folder_without_line(self):
        self.tree.write("src/trust/grant/grant.c", HEAD)
        self.fails("layers", "belongs to no module")

    def test_layers_comment_is_no_include(self):
        self.plant("/* see <sodium.h>, goto and system(3) */\n")
        self.passes("layers")
        self.passes("banned")

    # banned
    def test_banned_functions(self):
        for word in ("strcpy", "sprintf", "strtok", "atoi", "gmtime", "rand", "system", "popen", "getenv"):
            with self.subTest(word=word):
                self.plant(f"int x(void) {{ return (int){word}(0); }}\n")
                self.fails("banned", f"{KEYS}:9: {word} is banned")
                self.tree.clean()

    def test_banned_goto(self):
        self.plant("void x(void) { goto end; end: return; }\n")
        self.fails("banned", "goto is banned")

    def test_banned_allow_list(self):
        self.tree.write("src/base/fault.c", HEAD + 'const char *x(void) { return getenv("EMC2_FAULT"); }\n')
        self.passes("banned")

    def test_banned_members_and_longer_names(self):
        self.plant("int x(struct s *s) { return s->system(1) + my_system(2) + s->system_count; }\n")
        self.passes("banned")

    def test_banned_sql(self):
        for text in ('"SELECT person_id " \\\n    "FROM person"', '"insert into person values (1)"', '"create or replace table t as"',
                     '"PRAGMA threads"'):
            with self.subTest(text=text):
                self.plant(f"const char *x = {text};\n")
                self.fails("banned", "SQL text in C")
                self.tree.clean()

    def test_banned_sql_not_in_words(self):
        self.plant('const char *x = "select a file from the list, then update the index";\nconst char *y = "from";\n')
        self.plant('#define SELECT "a macro is no text"\n')
        self.passes("banned")

    # sizes
    def test_sizes_long_function(self):
        self.plant("int longer(void)\n{\n" + "    x();\n" * 80 + "}\n")
        self.fails("sizes", f"{KEYS}:9: function longer has 83 lines")

    def test_sizes_function_at_the_limit(self):
        many = "".join(f"int f{i}(void)\n{{\n    return {i};\n}}\n" for i in range(9))
        self.plant(many + "int just(void)\n{\n" + "    x();\n" * 77 + "}\n")
        self.passes("sizes")

    def test_sizes_share(self):
        self.plant("".join(f"int f{i}(void)\n{{\n" + "    x();\n" * 50 + "}\n" for i in range(4)))
        self.fails("sizes", "functions are within 40 lines")

    def test_sizes_long_file(self):
        self.plant("int x;\n" * 900)
        self.fails("sizes", f"{KEYS}:1: file keys.c has 908 lines")

    def test_sizes_long_header(self):
        self.plant("extern int x;\n" * 250, "src/trust/keys/keys.h")
        self.fails("sizes", "the limit is 250")

    def test_sizes_waiver(self):
        self.plant("int longer(void)\n{\n" + "    x();\n" * 80 + "}\n" + "int f(void)\n{\n}\n" * 9)
        row = f"function,{KEYS},longer,83,a table reads better in one piece\n"
        self.tree.write("tools/waivers.csv", "# at most 1\nkind,file,name,limit,why\n" + row)
        self.passes("sizes")
        self.tree.write("tools/waivers.csv", "# at most 0\nkind,file,name,limit,why\n" + row)
        self.fails("sizes", "the list only shrinks")
        self.tree.write("tools/waivers.csv", "# at most 1\nkind,file,name,limit,why\n" + row.replace("83", "82"))
        self.fails("sizes", "the limit is 82")

    def test_sizes_waiver_not_needed(self):
        self.tree.write("tools/waivers.csv", f"# at most 1\nkind,file,name,limit,why\nfunction,{KEYS},keys_add,90,because\n")
        self.fails("sizes", "is not needed any more")

    def test_sizes_ceiling_may_not_rise(self):
        self.tree.run("git", "init", "-q")
        self.tree.run("git", "add", "src", "tools", "CMakeLists.txt")
        self.tree.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "t")
        self.plant("int longer(void)\n{\n" + "    x();\n" * 80 + "}\n" + "int f(void)\n{\n}\n" * 9)
        self.tree.write("tools/waivers.csv", f"# at most 1\nkind,file,name,limit,why\nfunction,{KEYS},longer,83,because\n")
        self.fails("sizes", "the ceiling rose from 0 to 1")
        self.tree.run("rm", "-rf", ".git")

    # modules
    def test_modules_readme(self):
        self.tree.remove("src/trust/keys/README.md")
        self.fails("modules", "src/trust/keys/README.md:1: is missing")

    def test_modules_heading(self):
        self.tree.replace("src/trust/keys/README.md", "## Invariants\n", "")
        self.fails("modules", "has no heading '## Invariants'")

    def test_modules_order_of_headings(self):
        self.tree.replace("src/trust/keys/README.md", "## Purpose\n## Words\n", "## Words\n## Purpose\n")
        self.fails("modules", "not in the usual order")

    def test_modules_test(self):
        self.tree.remove("src/trust/keys/keys_test.c")
        self.fails("modules", "src/trust/keys:1: has no unit test")

    def test_modules_public_header(self):
        self.tree.remove("src/trust/keys/keys.h")
        self.fails("modules", "has no public header")

    def test_modules_licence(self):
        self.tree.replace(KEYS, f"/* {SPDX} */\n", "")
        self.fails("modules", f"{KEYS}:1: has no SPDX line")

    def test_modules_head_comment(self):
        self.tree.replace(KEYS, "/* keys: one addition, for the tests of the gate. */\n", "")
        self.fails("modules", f"{KEYS}:2: does not say what it is for")

    def test_modules_pragma_once(self):
        self.tree.replace("src/trust/keys/keys.h", "#pragma once\n", "")
        self.fails("modules", "has no #pragma once")

    # words
    def test_words(self):
        # written in two pieces, so that this file passes the check itself
        for text, what in (("/wor" + "k/main/x", "a path of one machine"), ("/ho" + "me/anna/x", "a path of one machine"),
                           ("// TO" + "DO later", "an unfinished mark"), ("registry.npm" + "js.org", "a registry's host"),
                           ("<<<<" + "<<< HEAD", "a merge conflict"), ("int x; ", "blanks at the end"),
                           ("-----BEGIN PRIVATE KE" + "Y-----", "a private key")):
            with self.subTest(what=what):
                self.plant(f"\n{text}\n")
                self.fails("words", what)
                self.tree.clean()

    def test_words_file_name(self):
        self.tree.write("src/trust/keys/a b.txt", "x")
        self.fails("words", "an unusual character")

    def test_words_large_file(self):
        self.tree.write("src/trust/keys/large.csv", "x" * (2 << 20))
        self.fails("words", "large data do not belong")

    # generated
    def test_generated(self):
        script = f'#!/usr/bin/env python3\n# {SPDX}\n"""A generator."""\nimport sys\nsys.exit("docs/x.md is old" if "--check" in sys.argv else 0)\n'
        self.tree.write("tools/generate-thing.py", script)
        self.fails("generated", "docs/x.md is old")

    # corpora
    def test_corpora_missing(self):
        self.tree.remove("src/base/corpus/base_fuzz/two")
        self.fails("corpora", "src/base/base_fuzz.c:1: has no corpus")

    def test_corpora_without_target(self):
        self.tree.write("src/base/corpus/other_fuzz/one", "x")
        self.fails("corpora", "belongs to no fuzz target")

    # documents
    def test_documents_dead_link(self):
        self.tree.append("src/trust/keys/README.md", "See [there](../nowhere.md).\n")
        self.fails("documents", "src/trust/keys/README.md:9: leads to ../nowhere.md")

    def test_documents_dead_anchor(self):
        self.tree.append("src/trust/keys/README.md", "See [there](../crypto/README.md#how-it-works) and [here](#nothing).\n")
        self.fails("documents", "has no heading #nothing")

    # scripts
    def test_scripts_python(self):
        self.tree.write("tools/wrong.py", f"# {SPDX}\ndef x(:\n")
        self.fails("scripts", "tools/wrong.py:2: is no Python")

    def test_scripts_foreign_package(self):
        self.tree.write("tools/wrong.py", f"# {SPDX}\nimport numpy\n")
        self.fails("scripts", "imports numpy")

    def test_scripts_shell(self):
        self.tree.write("tools/wrong", f"#!/bin/bash\n# {SPDX}\nif true; then\n")
        self.fails("scripts", "tools/wrong:1: is no bash", "cannot be executed")

    # tools/new-module
    def test_new_module_passes(self):
        code, output = self.tree.run("tools/new-module", "governance/permit", "decides applications", "trust/crypto")
        self.assertEqual(code, 0, output)
        for name in ("README.md", "permit.h", "permit.c", "permit_test.c"):
            self.tree.before[f"src/governance/permit/{name}"] = None
        for check in ("format", "layers", "banned", "sizes", "modules", "words"):
            with self.subTest(check=check):
                self.passes(check)
        self.tree.run("rm", "-r", "src/governance")
        self.tree.put("src/LAYERS", __import__("scratch").LAYERS)
        self.tree.put("CMakeLists.txt", __import__("scratch").CMAKE)

    # tools/check
    def test_check_counts_and_exits(self):
        code, output = self.tree.run("tools/check", "format", "layers")
        self.assertEqual((code, output.splitlines()[-1]), (0, "2 passed, 0 failed"), output)
        self.plant("int  badly( void );\n")
        code, output = self.tree.run("tools/check", "format", "layers")
        self.assertEqual((code, output.splitlines()[-1]), (1, "1 passed, 1 failed"), output)

    def test_check_unknown_name(self):
        self.assertEqual(self.tree.run("tools/check", "nothing")[0], 1)


if __name__ == "__main__":
    unittest.main()
