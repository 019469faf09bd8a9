/* SPDX-License-Identifier: EUPL-1.2 */
/* json_parse: the C face of the C++ file. Private to base; everybody else uses json_parse of json.h. */
#pragma once
#include "base/json.h"

enum { JSON_NODES_MAX = 1 << 24 }; /* of 64 bytes each: what a small document can cost in memory is bounded */

enum json_outcome {
    JSON_OUTCOME_PARSED,
    JSON_OUTCOME_INVALID,
    JSON_OUTCOME_NUMBER, /* a number that fits nowhere: perhaps a big integer */
    JSON_OUTCOME_TOO_DEEP,
    JSON_OUTCOME_TOO_LARGE,
    JSON_OUTCOME_NO_MEMORY
};

struct json_parser;
#ifdef __cplusplus
struct json_parser *json_parser_create() noexcept; /* NULL: no memory */
void json_parser_destroy(struct json_parser *parser) noexcept;
enum json_outcome json_parser_read(struct json_parser *from, const struct json **out_root, struct arena *memory, const uint8_t *bytes,
                                   size_t length) noexcept;
enum json_outcome json_parser_check(struct json_parser *from, const uint8_t *bytes, size_t length) noexcept; /* no tree: to measure it */
enum json_outcome json_parse_bytes(const struct json **out_root, struct arena *memory, const uint8_t *bytes, size_t length) noexcept;
#else
struct json_parser *json_parser_create(void);
void json_parser_destroy(struct json_parser *parser);
enum json_outcome json_parser_read(struct json_parser *from, const struct json **out_root, struct arena *memory, const uint8_t *bytes,
                                   size_t length);
enum json_outcome json_parser_check(struct json_parser *from, const uint8_t *bytes, size_t length);
enum json_outcome json_parse_bytes(const struct json **out_root, struct arena *memory, const uint8_t *bytes, size_t length);
#endif
