#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""tools/checks/banned.csv -> base/banned.h, which the build includes before every C file.

Each function that no file may use is declared again as deprecated, after the headers that declare it. With -Werror a use of it does not
compile, under gcc and clang alike, while headers of the system may go on mentioning it (which `#pragma GCC poison` would not allow).
What some files may use, and words that are no functions, are left to the text check of tools/checks/banned.
"""
import csv
import sys

source, out = sys.argv[1:]
HEADERS = ["alloca.h", "locale.h", "setjmp.h", "signal.h", "stdio.h", "stdlib.h", "string.h", "time.h"]
NO_FUNCTIONS = {"goto", "gets", "setjmp"}  # a word of the language, gone since C11, a macro
rows = [row for row in csv.DictReader(open(source, encoding="utf-8")) if row["word"] not in NO_FUNCTIONS and not row["allowed_in"]]

with open(out, "w", encoding="utf-8") as file:
    file.write("/* Generated from tools/checks/banned.csv; do not edit. */\n#pragma once\n")
    file.write("".join(f"#include <{header}>\n" for header in HEADERS) + "#undef alloca\n")
    # clang has inline definitions of some under _FORTIFY_SOURCE and takes no attribute after them
    file.write('#ifdef __clang__\n#pragma clang diagnostic push\n#pragma clang diagnostic ignored "-Wignored-attributes"\n#endif\n')
    for row in rows:
        instead = row["instead"].replace("\\", "\\\\").replace('"', '\\"')
        file.write(f"__typeof__({row['word']}) {row['word']} __attribute__((deprecated(\"use {instead}\")));\n")
    file.write("#ifdef __clang__\n#pragma clang diagnostic pop\n#endif\n")
