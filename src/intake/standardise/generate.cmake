# SPDX-License-Identifier: EUPL-1.2
# Code systems, lists, domains and reasons are made from spec/.
set(standard_facts spec/code_systems.csv spec/code_forms.csv spec/standard_values.csv spec/standard_domains.csv spec/standard_constants.csv spec/standard_reasons.csv)
list(TRANSFORM standard_facts PREPEND "${CMAKE_SOURCE_DIR}/" OUTPUT_VARIABLE standard_fact_files)
emc2_generate(OUTPUT intake/standardise/standardise_facts.h COMMAND tools/generate-standardise.py ${standard_facts}
              DEPENDS ${standard_fact_files} "${CMAKE_SOURCE_DIR}/tools/generate-standardise.py")
