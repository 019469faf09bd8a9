/* SPDX-License-Identifier: EUPL-1.2 */
/* settings: every limit and default in one table, generated from spec/settings.csv (name, type, default, minimum, maximum, unit, meaning).
 * Read from `name = value` lines of a file; an unknown name or a value out of range is refused with file and line. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "base/settings_table.h" /* generated: enum setting { SETTING_LOAD_MEMORY_BYTES, ... } */
#include "base/text.h"
#include <stdint.h>

struct settings {
    int64_t values[SETTING_COUNT];
};
void settings_defaults(struct settings *out_settings);
MUST_CHECK bool settings_read(struct settings *settings, const char *path, struct error *err); /* on top of what is there */
/* The same for a file that lies in the warehouse, where the host could change it: a plain file and no link, and only settings of `host`
 * in spec/settings.csv, which cost time at worst. NOT_FOUND when there is none. */
MUST_CHECK bool settings_read_host(struct settings *settings, const char *path, struct error *err);
/* The same from text in memory; `name` stands in errors. On failure the settings are as before. */
MUST_CHECK bool settings_read_text(struct settings *settings, const char *name, struct text text, struct error *err);
int64_t settings_get(const struct settings *settings, enum setting setting);
const char *settings_name(enum setting setting);
MUST_CHECK bool settings_print(const struct settings *settings, struct buffer *out, struct error *err); /* as settings_read takes it */
