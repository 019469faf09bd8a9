/* SPDX-License-Identifier: EUPL-1.2 */
/* fault: named points where a crash test stops the process. EMC2_FAULT="name:7" in the environment kills it (SIGKILL) at the 7th passage
 * of the point `name`; "*:7" counts every point; "name:7:error" makes fault_point return false with IO instead ("full disk");
 * "name:7:short" makes fault_length give 1 there (a short write).
 * EMC2_FAULT_TRACE=path appends each passage to a file, so that a test can list the points of a run. Costs one branch when unset. */
#pragma once
#include "base/error.h"
#include <stddef.h>
MUST_CHECK bool fault_point(const char *name, struct error *err);
/* How many of the bytes the next write is to take: all, or 1 at the point of a "short" rule. */
size_t fault_length(const char *name, size_t length);
/* Reads the environment again and counts from 0: for the child process of a test, after it has set EMC2_FAULT. */
void fault_reset_for_tests(void);
