# SPDX-License-Identifier: EUPL-1.2
# The demo's cohorts are made from the concept ids in spec/.
emc2_generate(OUTPUT service/command/demo_cohorts.h
              COMMAND tools/generate-cohorts.py spec/rare_blood_cancers.csv examples/cohorts/treated_myeloma.json
              DEPENDS "${CMAKE_SOURCE_DIR}/spec/rare_blood_cancers.csv" "${CMAKE_SOURCE_DIR}/examples/cohorts/treated_myeloma.json"
                      "${CMAKE_SOURCE_DIR}/tools/generate-cohorts.py")
