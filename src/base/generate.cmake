# SPDX-License-Identifier: EUPL-1.2
# Error codes (and settings) of base are made from spec/.
emc2_generate(OUTPUT base/error_codes.h COMMAND tools/generate-errors.py spec/errors.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/errors.csv" "${CMAKE_SOURCE_DIR}/tools/generate-errors.py")
emc2_generate(OUTPUT base/settings_table.h COMMAND tools/generate-settings.py spec/settings.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/settings.csv" "${CMAKE_SOURCE_DIR}/tools/generate-settings.py")
emc2_generate(OUTPUT base/banned.h COMMAND tools/generate-banned.py tools/checks/banned.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/tools/checks/banned.csv" "${CMAKE_SOURCE_DIR}/tools/generate-banned.py")
# A check that cannot fail is a defect: a banned call must not compile, and the same file without it must.
foreach(case IN ITEMS "strlen:0" "atoi:1")
    string(REPLACE ":" ";" case "${case}")
    list(GET case 0 word)
    list(GET case 1 refused)
    set(sample "${CMAKE_BINARY_DIR}/generated/base/banned_sample_${word}.c")
    file(WRITE "${sample}" "int sample(const char *text);\nint sample(const char *text) { return (int)${word}(text); }\n")
    add_test(NAME base/banned_${word} COMMAND "${CMAKE_C_COMPILER}" -std=c17 -D_GNU_SOURCE -Werror -Wall -fsyntax-only
             -I "${CMAKE_BINARY_DIR}/generated" -include base/banned.h "${sample}")
    set_tests_properties(base/banned_${word} PROPERTIES WILL_FAIL ${refused})
endforeach()
