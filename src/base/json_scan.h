/* SPDX-License-Identifier: EUPL-1.2 */
/* json_scan: a small strict scanner over JSON text (RFC 8259) that knows where it is. The fast parser tells only that something is
 * wrong; this one tells where and why, and finds the line on which a value begins. */
#pragma once
#include "base/json.h"

/* One container that the scanner is in: the name (as it is written) or the position of what it is at. */
struct json_scan_level {
    bool is_array;
    size_t name, name_length, index;
};
struct json_scan {
    const uint8_t *bytes;
    size_t length, position;
    int depth;
    struct json_scan_level levels[JSON_DEPTH_MAX]; /* `depth` of them */
    const char *reason;                            /* what is wrong at position, or NULL; a constant */
};

extern const char json_scan_too_deep[]; /* the reason for more than JSON_DEPTH_MAX levels */

/* Over the whole of a document; leaves reason NULL when it is well formed. */
void json_scan_document(struct json_scan *scan);
/* Moves over one value, or sets reason and returns false. */
bool json_scan_value(struct json_scan *scan);
/* Position of the value at a path from the value at the current position. False when there is none. */
bool json_scan_find(struct json_scan *scan, const char *path);
unsigned json_scan_line(const struct json_scan *scan);
/* Moves to the next integer that 64 bits do not hold, position after its last digit. False at the end or at a fault. */
bool json_scan_big_integer(struct json_scan *scan);
/* Length of a leading byte order mark: 3 or 0. */
size_t json_scan_mark_length(const void *bytes, size_t length);
