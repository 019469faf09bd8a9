# SPDX-License-Identifier: EUPL-1.2
# The kinds of identity keys are made from spec/.
emc2_generate(OUTPUT intake/identity/identity_facts.h
              COMMAND tools/generate-identity.py spec/identity_keys.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/identity_keys.csv" "${CMAKE_SOURCE_DIR}/tools/generate-identity.py")
