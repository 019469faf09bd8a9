/* SPDX-License-Identifier: EUPL-1.2 */
/* bulk: memory for large arrays that are read or written in no order. It asks the system for large pages, without which most of the time
 * goes into finding pages. Not for secrets. */
#pragma once
#include <stddef.h>

/* Not zeroed; NULL when the system has none. Release it with free(). */
void *bulk_allocate(size_t count, size_t size) __attribute__((malloc));
