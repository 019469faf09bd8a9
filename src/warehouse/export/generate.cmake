# SPDX-License-Identifier: EUPL-1.2
# The DDL of the exported tables comes from spec/, as everything that knows the tables.
emc2_generate(OUTPUT warehouse/export/ddl.h COMMAND tools/generate-ddl.py spec/omop_tables.csv spec/omop_fields.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/omop_tables.csv" "${CMAKE_SOURCE_DIR}/spec/omop_fields.csv"
                      "${CMAKE_SOURCE_DIR}/tools/generate-ddl.py")
