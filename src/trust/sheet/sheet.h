/* SPDX-License-Identifier: EUPL-1.2 */
/* sheet: a custodian's recovery sheet: sealed bytes on paper, so that they can be typed in again, and a QR code for whoever has a camera.
 *   line   "07 XXXXX XXXXX XXXXX XXXXX XXXXX XXXXX XXXXX XXXXX CCCC": number, 25 bytes in base 32 (Crockford: no I, L, O, U), check
 * The check of a line covers its number, its bytes and whether it is the last, so that a mistyped, missing, doubled or displaced line is
 * named. Everything on the sheet is sealed already: this module knows no secret. Format: docs/formats/custody.md. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

enum { SHEET_BYTES_MAX = 1024, SHEET_TEXT_MAX = 1 << 16, SHEET_PAGE_MAX = 1 << 20 };

/* 1 to SHEET_BYTES_MAX bytes as lines, each with a line break. */
MUST_CHECK bool sheet_lines_print(struct buffer *out, const void *bytes, size_t length, struct error *err);
/* Small letters, O for 0, I and L for 1, dashes and blanks anywhere are fine; empty lines and those that begin with # are passed over;
 * a slash is a line break (the QR code has them). INVALID_INPUT names the line by the number that stands on the sheet. */
MUST_CHECK bool sheet_lines_parse(struct buffer *out_bytes, struct text typed, struct error *err);

/* The lines as one QR code, an <svg> element. LIMIT when they are too many for one code. */
MUST_CHECK bool sheet_qr_svg(struct buffer *out, struct text lines, struct error *err);

/* What stands on the sheet beside the lines. Texts without markup. */
struct sheet_facts {
    const char *custodian, *store, *ceremony, *made; /* made: a day */
    unsigned index, threshold, count, generation;    /* count 0: the sheet holds no share yet */
    bool is_token;                                   /* the key is sealed under a token, not under a passphrase */
};
/* A page in English and French that needs no other file and no network. */
MUST_CHECK bool sheet_page_print(struct buffer *out, const struct sheet_facts *facts, struct text lines, struct error *err);
/* The same as plain text: the facts as # lines, then the lines; sheet_lines_parse reads it. */
MUST_CHECK bool sheet_text_print(struct buffer *out, const struct sheet_facts *facts, struct text lines, struct error *err);
