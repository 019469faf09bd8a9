/* SPDX-License-Identifier: EUPL-1.2 */
/* row_codec: rows and tokens as bytes, docs/formats/shelf.md (private to shelf). Numbers as varints, texts with their lengths. */
#pragma once
#include "base/buffer.h"
#include "intake/shelf/shelf.h"

MUST_CHECK bool row_encode(struct buffer *out, const struct standard_row *row, struct error *err);
/* CORRUPT for anything that row_encode does not write for this table. Texts point into the bytes. */
MUST_CHECK bool row_decode(struct cursor *cursor, int table, struct standard_row *out_row, struct error *err);
/* Whose row is next, and where it ends, without reading it. */
MUST_CHECK bool row_peek(struct cursor *cursor, int64_t *out_subject, size_t *out_end, struct error *err);
MUST_CHECK bool tokens_encode(struct buffer *out, int64_t subject, const struct shelf_token *tokens, size_t count, struct error *err);
MUST_CHECK bool tokens_decode(struct cursor *cursor, int64_t *out_subject, struct shelf_token out_tokens[SHELF_TOKENS_MAX],
                              size_t *out_count, struct error *err);
