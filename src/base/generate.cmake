# SPDX-License-Identifier: EUPL-1.2
# Error codes (and settings) of base are made from spec/.
emc2_generate(OUTPUT base/error_codes.h COMMAND tools/generate-errors.py spec/errors.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/errors.csv" "${CMAKE_SOURCE_DIR}/tools/generate-errors.py")
emc2_generate(OUTPUT base/settings_table.h COMMAND tools/generate-settings.py spec/settings.csv
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/settings.csv" "${CMAKE_SOURCE_DIR}/tools/generate-settings.py")
