/* SPDX-License-Identifier: EUPL-1.2 */
/* record_codes: how readers name code systems and write codes, so that the same code from two holders is the same text. */
#pragma once
#include "base/text.h"
#include "intake/record/record_systems.h"

/* enum record_system {RECORD_SYSTEM_CIM10, ... RECORD_SYSTEM_COUNT}: generated from spec/code_systems.csv. */
/* RECORD_SYSTEM_COUNT when there is none. */
enum record_system record_system_of_uri(struct text uri); /* as FHIR has it; urn:oid:x for an OID */
const char *record_system_name(enum record_system system);

/* The code in its one form: blanks at both ends left out; of CIM-10 and the other ICD in upper case without the dot ("E11.9 " -> "E119",
 * extensions such as "+0" stay); CCAM in upper case. Returns the length; 0 when it does not fit, or nothing is left. */
enum { RECORD_CODE_SIZE = 256 };
size_t record_code_normalise(enum record_system system, struct text code, char out[RECORD_CODE_SIZE]);
