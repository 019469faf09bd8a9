# SPDX-License-Identifier: EUPL-1.2
# Files, columns and words are made from spec/.
emc2_generate(OUTPUT intake/flat/flat_facts.h COMMAND tools/generate-flat.py spec/flat_columns.csv spec/flat_words.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/flat_columns.csv" "${CMAKE_SOURCE_DIR}/spec/flat_words.csv"
                      "${CMAKE_SOURCE_DIR}/tools/generate-flat.py")
