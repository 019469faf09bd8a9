# SPDX-License-Identifier: EUPL-1.2
# The facts of the population are made from spec/synthesis/.
file(GLOB synthesis_facts CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/spec/synthesis/*.csv")
emc2_generate(OUTPUT intake/synthesise/synthesis_tables.h COMMAND tools/generate-synthesis.py
              DEPENDS ${synthesis_facts} "${CMAKE_SOURCE_DIR}/spec/rare_blood_cancers.csv" "${CMAKE_SOURCE_DIR}/tools/generate-synthesis.py")
