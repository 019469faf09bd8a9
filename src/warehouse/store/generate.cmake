# SPDX-License-Identifier: EUPL-1.2
# The one file of the store with instructions beyond the baseline: chosen at run time, beside a portable codec.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_source_files_properties("${dir}/bitpack_avx2.c" PROPERTIES COMPILE_OPTIONS "-mavx2")
endif()
