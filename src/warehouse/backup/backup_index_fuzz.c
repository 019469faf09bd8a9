/* SPDX-License-Identifier: EUPL-1.2 */
/* Reads an index from a medium that anybody may have written on; what is accepted prints and reads back equal. */
#include "warehouse/backup/backup_internal.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(backup_index_value) struct backup_index index = {0}, again = {0};
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 24};
    backup_index_init(&index);
    backup_index_init(&again);
    if (backup_index_parse(&index, data, size, NULL)) {
        bool is_printed = backup_index_print(&index, &text, NULL);
        bool is_read = backup_index_parse(&again, text.data, text.length, NULL);
        assert(is_printed && is_read && index.files.count == again.files.count);
        for (size_t i = 0; i < index.files.count; i++) {
            const struct backup_file *file = &index.files.items[i];
            assert(backup_path_is_safe(text_of(file->path)) && backup_index_find(&again, file->path));
            assert(!strstr(file->path, "/.") && file->path[0] != '.' && file->path[0] != '/');
        }
    }
    return 0;
}
