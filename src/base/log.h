/* SPDX-License-Identifier: EUPL-1.2 */
/* log: lines for the operator on standard error: time, level, module, words. Never patient content, never secrets.
 * Lower floors use LOG_DEBUG only; an error is reported once, at the service floor. */
#pragma once
#include "base/error.h"
enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
void log_set_level(enum log_level level); /* INFO at the start */
void log_write(enum log_level level, const char *module, const char *format, ...) PRINTF_LIKE(3, 4);
void log_error(const char *module, const struct error *err); /* message, context, detail, hint, each on its line */
