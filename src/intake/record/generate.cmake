# SPDX-License-Identifier: EUPL-1.2
# Tables, columns and words of a delivery are made from spec/.
set(delivery_facts "${CMAKE_SOURCE_DIR}/spec/delivery.csv" "${CMAKE_SOURCE_DIR}/spec/record_types.csv" "${CMAKE_SOURCE_DIR}/spec/record_outcomes.csv")
emc2_generate(OUTPUT intake/record/record_facts.h
              COMMAND tools/generate-delivery.py spec/delivery.csv spec/record_types.csv spec/record_outcomes.csv
              DEPENDS ${delivery_facts} "${CMAKE_SOURCE_DIR}/tools/generate-delivery.py")
emc2_generate(OUTPUT intake/record/record_systems.h COMMAND tools/generate-code-systems.py spec/code_systems.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/code_systems.csv" "${CMAKE_SOURCE_DIR}/tools/generate-code-systems.py")
