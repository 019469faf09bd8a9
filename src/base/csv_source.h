/* SPDX-License-Identifier: EUPL-1.2 */
/* csv_source: where the bytes of lines and records come from (a file, memory, a function), unpacked on the way when they are gzip, which
 * is known by the content. What readers of CSV and NDJSON stand on; the only user of zlib in base. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include <stddef.h>
#include <stdint.h>

struct csv_source;
typedef bool (*csv_source_reader)(void *context, void *out, size_t room, size_t *out_got, struct error *err);

/* `name` stands in errors and is copied. What read and context refer to must outlive the source. */
MUST_CHECK bool csv_source_open_file(struct csv_source **out_source, const char *path, struct error *err);
MUST_CHECK bool csv_source_open_memory(struct csv_source **out_source, const char *name, const void *bytes, size_t length,
                                       struct error *err);
MUST_CHECK bool csv_source_open_stream(struct csv_source **out_source, const char *name, csv_source_reader read, void *context,
                                       struct error *err);
/* At least one byte, or *out_got 0 at the end. */
MUST_CHECK bool csv_source_read(struct csv_source *source, void *out, size_t room, size_t *out_got, struct error *err);
const char *csv_source_name(const struct csv_source *source);
void csv_source_close(struct csv_source *source);
DEFINE_CLEANUP(csv_source, csv_source_close)
