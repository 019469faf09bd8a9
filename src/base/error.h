/* SPDX-License-Identifier: EUPL-1.2 */
/* error: the one error model. A function that can fail returns bool, is MUST_CHECK and takes `struct error *err` last; false means that
 * err is filled. Errors are owned by the caller, of fixed size, and never allocate.
 *   message  one line, lower case, safe for any user; never patient content
 *   detail   for the operator only (a path, an errno, an engine's words)
 *   hint     what to do now
 *   context  up to four lines added on the way up ("row 812 of person.csv") */
#pragma once
#include "base/error_codes.h"
#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((__format__(__printf__, at, first)))

enum { ERROR_CONTEXT_MAX = 4 };

struct error {
    enum error_code code;
    char message[400];
    char detail[400];
    char hint[240];
    const char *source_file;
    int source_line;
    int context_count;
    char context[ERROR_CONTEXT_MAX][160];
};

/* Fills err (NULL is fine) and returns false, so that a failing function ends with `return FAIL(err, INVALID_INPUT, "...")`. */
#define FAIL(err, code, ...) error_set((err), ERROR_##code, __FILE__, __LINE__, __VA_ARGS__)
bool error_set(struct error *err, enum error_code code, const char *file, int line, const char *format, ...) PRINTF_LIKE(5, 6);
/* The same with errno's text and the path in detail; code IO (NOT_FOUND for ENOENT, DENIED for EACCES and EPERM). */
#define FAIL_ERRNO(err, path, ...) error_set_errno((err), (path), __FILE__, __LINE__, __VA_ARGS__)
bool error_set_errno(struct error *err, const char *path, const char *file, int line, const char *format, ...) PRINTF_LIKE(5, 6);

/* These three add to a filled error and return false. */
bool error_hint(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
bool error_detail(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
bool error_context(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

void error_clear(struct error *err);
const char *error_code_name(enum error_code code);
int error_exit_code(enum error_code code);
int error_http_status(enum error_code code);

/* The only two macros of the tree that change control flow or scope. */
#define TRY(call)         \
    do {                  \
        if (!(call)) {    \
            return false; \
        }                 \
    } while (0)
#define CLEANUP(type) __attribute__((cleanup(type##_cleanup)))
/* DEFINE_CLEANUP(store_reader, store_reader_close) lets `CLEANUP(store_reader) struct store_reader *r = NULL;` release at scope end. */
#define DEFINE_CLEANUP(type, release)                                               \
    static inline __attribute__((unused)) void type##_cleanup(struct type **object) \
    {                                                                               \
        if (*object) {                                                              \
            release(*object);                                                       \
        }                                                                           \
    }
