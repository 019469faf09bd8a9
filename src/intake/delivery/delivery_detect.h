/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery_detect: texts that look as if they said who somebody is, or were documents or binary data (EMC2-02, EMC2-09, SEC-PSE-4). A
 * finding is a kind, never the value. Values of code columns (CIP13, UCD, LOINC, NDC ... are long numbers) are held against fewer patterns:
 * only against those that a code can hardly meet by chance. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include "intake/record/record.h"

enum detected {
    DETECTED_NOTHING,
    DETECTED_NIR,     /* 15 characters of which the last two are the key of the others, Corsica too, with or without blanks; or 13 alone */
    DETECTED_INS_OID, /* the OID of a kind of national health identifier */
    DETECTED_EMAIL,
    DETECTED_TELEPHONE, /* French: 0X XX XX XX XX, +33, 0033 */
    DETECTED_RPPS,      /* a professional's number: 11 digits, 100 or 101 in front, Luhn key */
    DETECTED_NAMES,     /* two words in a row of the list of names */
    DETECTED_DOCUMENT,  /* PDF, RTF, HTML, images, archives */
    DETECTED_BASE64,    /* a long run of Base64 */
    DETECTED_BINARY,    /* control characters */
    DETECTED_COUNT
};
const char *detected_words(enum detected detected, bool in_french);

/* Values of code systems, among them long numbers. */
static inline __attribute__((unused)) bool column_is_code(enum record_column column)
{
    return column == COLUMN_CODE || column == COLUMN_VALUE_CODE;
}
struct detector;
/* names_path: one name a line (family and given names alike), or NULL. Only keyed hashes are kept. LIMIT above 4 million names. */
MUST_CHECK bool detector_create(struct detector **out_detector, const char *names_path, struct error *err);
void detector_destroy(struct detector *detector);
DEFINE_CLEANUP(detector, detector_destroy)
/* The first kind that the text meets. */
enum detected detector_look(const struct detector *detector, struct text text, bool is_code);
