# SPDX-License-Identifier: EUPL-1.2
# The built-in vocabulary is embedded from spec/vocabulary.
file(GLOB vocabulary_facts CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/spec/vocabulary/*.csv")
emc2_generate(OUTPUT warehouse/vocabulary/vocabulary_facts.h COMMAND tools/embed.py ${vocabulary_facts}
              DEPENDS ${vocabulary_facts} "${CMAKE_SOURCE_DIR}/tools/embed.py")
