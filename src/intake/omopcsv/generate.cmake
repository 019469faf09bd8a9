# SPDX-License-Identifier: EUPL-1.2
# What the fields of OMOP become is made from spec/.
emc2_generate(OUTPUT intake/omopcsv/omopcsv_facts.h COMMAND tools/generate-omop-delivery.py spec/omop_delivery.csv spec/omop_fields.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/omop_delivery.csv" "${CMAKE_SOURCE_DIR}/spec/omop_fields.csv"
                      "${CMAKE_SOURCE_DIR}/tools/generate-omop-delivery.py")
