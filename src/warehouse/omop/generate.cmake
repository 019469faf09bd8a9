# SPDX-License-Identifier: EUPL-1.2
# Tables and fields of the CDM are made from spec/.
foreach(part enums:omop_tables facts:omop_facts)
    string(REPLACE ":" ";" part "${part}")
    list(GET part 0 what)
    list(GET part 1 file)
    emc2_generate(OUTPUT warehouse/omop/${file}.h
                  COMMAND tools/generate-omop.py ${what} spec/omop_tables.csv spec/omop_fields.csv
                  DEPENDS "${CMAKE_SOURCE_DIR}/spec/omop_tables.csv" "${CMAKE_SOURCE_DIR}/spec/omop_fields.csv"
                          "${CMAKE_SOURCE_DIR}/tools/generate-omop.py")
endforeach()
