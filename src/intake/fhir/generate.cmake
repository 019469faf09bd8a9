# SPDX-License-Identifier: EUPL-1.2
# The names of the resources are made from spec/.
emc2_generate(OUTPUT intake/fhir/fhir_facts.h COMMAND tools/generate-fhir.py spec/fhir_resources.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/fhir_resources.csv" "${CMAKE_SOURCE_DIR}/tools/generate-fhir.py")
