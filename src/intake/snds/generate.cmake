# SPDX-License-Identifier: EUPL-1.2
# Tables, columns and lists of codes of the SNDS are made from spec/.
set(snds_facts "${CMAKE_SOURCE_DIR}/spec/snds_columns.csv" "${CMAKE_SOURCE_DIR}/spec/snds_codes.csv" "${CMAKE_SOURCE_DIR}/spec/finess_double.csv")
emc2_generate(OUTPUT intake/snds/snds_facts.h
              COMMAND tools/generate-snds.py spec/snds_columns.csv spec/snds_codes.csv spec/finess_double.csv
              DEPENDS ${snds_facts} "${CMAKE_SOURCE_DIR}/tools/generate-snds.py")
