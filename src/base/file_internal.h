/* SPDX-License-Identifier: EUPL-1.2 */
/* file_internal: what the files of base that touch the system share: descriptors that close themselves, and the name shown to users. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include <unistd.h>

enum { FILE_PATH_SIZE = 4096 };

static inline __attribute__((unused)) void descriptor_cleanup(const int *descriptor)
{
    if (*descriptor >= 0) {
        close(*descriptor);
    }
}

/* The last part of a path, inside path: what a message may show to anybody. */
const char *file_leaf(const char *path);
