/* SPDX-License-Identifier: EUPL-1.2 */
/* What clang-tidy is told before each C file but base/error.c: the functions that fill an error always return false. The analyser sees one
 * file at a time and would else follow paths that do not exist ("FAIL returned true"). Never compiled into anything. */
#pragma once
#include "base/error.h"

static inline __attribute__((unused)) bool error_false(bool returned)
{
    (void)returned;
    return false;
}
#define error_set(...) error_false(error_set(__VA_ARGS__))
#define error_set_errno(...) error_false(error_set_errno(__VA_ARGS__))
#define error_hint(...) error_false(error_hint(__VA_ARGS__))
#define error_detail(...) error_false(error_detail(__VA_ARGS__))
#define error_context(...) error_false(error_context(__VA_ARGS__))
