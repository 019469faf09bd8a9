/* SPDX-License-Identifier: EUPL-1.2 */
/* codes: systems by URI and by name, and codes in their one form. */
#include "intake/record/record_codes.h"
#include <stdbool.h>
#include <string.h>

static const char *const names[] = {
#define SYSTEM_NAME(NAME) #NAME,
    RECORD_SYSTEMS(SYSTEM_NAME)};

enum record_system record_system_of_uri(struct text uri)
{
#define SYSTEM_URI(NAME, uri_) {uri_, sizeof(uri_) - 1, RECORD_SYSTEM_##NAME},
    static const struct {
        const char *uri;
        size_t length;
        enum record_system system;
    } uris[] = {RECORD_SYSTEM_URIS(SYSTEM_URI)};
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        if (uris[i].length == uri.length && memcmp(uris[i].uri, uri.data, uri.length) == 0) {
            return uris[i].system;
        }
    }
    return RECORD_SYSTEM_COUNT;
}

const char *record_system_name(enum record_system system)
{
    return names[system];
}

static bool is_icd(enum record_system system)
{
    return system == RECORD_SYSTEM_CIM10 || system == RECORD_SYSTEM_ICD10CM || system == RECORD_SYSTEM_ICD9CM ||
           system == RECORD_SYSTEM_ICD9PROC;
}

size_t record_code_normalise(enum record_system system, struct text code, char out[RECORD_CODE_SIZE])
{
    code = text_trim(code);
    if (code.length >= RECORD_CODE_SIZE) {
        return 0;
    }
    const bool is_upper = is_icd(system) || system == RECORD_SYSTEM_CCAM || system == RECORD_SYSTEM_ATC;
    size_t length = 0;
    for (size_t i = 0; i < code.length; i++) {
        const char byte = code.data[i];
        if (is_icd(system) && (byte == '.' || byte == ' ')) {
            continue;
        }
        out[length++] = is_upper && byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
    }
    return length;
}
