# SPDX-License-Identifier: EUPL-1.2
# The acts that a log holds are made from spec/.
emc2_generate(OUTPUT trust/ledger/ledger_acts.h COMMAND tools/generate-ledger.py spec/ledger_acts.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/ledger_acts.csv" "${CMAKE_SOURCE_DIR}/tools/generate-ledger.py")
