/* SPDX-License-Identifier: EUPL-1.2 */
/* json_parse: the one C++ file, the seam of simdjson. Parses into simdjson's document and copies it into the arena as struct json. A parser
 * that is kept (json_reader) has its buffers already, takes no copy of the bytes, and lends the texts of its own document.
 * Only interfaces that return error codes are used, so that no exception can reach the C side; noexcept makes sure. */
#include <simdjson.h>
extern "C" {
#include "base/json.h"
#include "base/json_parse.h"
}
#include <cstring>
#include <new>

static_assert(JSON_PADDING >= simdjson::SIMDJSON_PADDING, "what a caller leaves behind the bytes");

namespace
{
using simdjson::dom::element;
using simdjson::dom::element_type;

struct builder {
    arena *memory;
    char *pool; /* where the next text goes */
    size_t pool_left;
    size_t nodes;
    json_outcome outcome;
    bool lends;  /* texts stay in the parser, which puts a NUL behind each, and are valid until it parses again */
    bool checks; /* texts may be no UTF-8 */
};

bool stop(builder &out, json_outcome outcome) noexcept
{
    out.outcome = outcome;
    return false;
}

/* Texts share blocks: one allocation each would cost more than most texts are long. */
text copy_text(builder &out, std::string_view view) noexcept
{
    if (out.lends) {
        return text{view.data(), view.size()};
    }
    constexpr size_t block = 16384;
    if (out.pool_left <= view.size()) {
        size_t size = view.size() + 1 > block ? view.size() + 1 : block;
        out.pool = static_cast<char *>(arena_allocate_raw(out.memory, size, 1));
        out.pool_left = size;
    }
    char *at = out.pool;
    std::memcpy(at, view.data(), view.size());
    at[view.size()] = '\0';
    out.pool += view.size() + 1;
    out.pool_left -= view.size() + 1;
    return text{at, view.size()};
}

bool is_text(const builder &out, text value) noexcept
{
    return !out.checks || text_is_utf8(value); /* simdjson 3.0.1 lets the second half of a surrogate pair stand alone: \udc00 */
}

template <typename container> size_t count_of(const container &items) noexcept
{
    size_t count = items.size();
    if (count < 0xffffff) {
        return count;
    }
    count = 0;
    for (auto it = items.begin(); it != items.end(); ++it) { /* .size() saturates there */
        count++;
    }
    return count;
}

bool build(builder &out, element from, json *node, int depth) noexcept;

template <typename item> item *array_of(builder &out, size_t count) noexcept
{
    return static_cast<item *>(arena_allocate_raw(out.memory, count, sizeof(item)));
}

bool begin_container(builder &out, json *node, json_kind kind, size_t count, int depth) noexcept
{
    if (depth >= JSON_DEPTH_MAX) {
        return stop(out, JSON_OUTCOME_TOO_DEEP);
    }
    if (count > JSON_NODES_MAX - out.nodes) {
        return stop(out, JSON_OUTCOME_TOO_LARGE);
    }
    out.nodes += count;
    node->kind = kind;
    node->count = count;
    return true;
}

bool build_array(builder &out, simdjson::dom::array from, json *node, int depth) noexcept
{
    if (!begin_container(out, node, JSON_ARRAY, count_of(from), depth)) {
        return false;
    }
    json *items = array_of<json>(out, node->count);
    node->items = items;
    for (element item : from) {
        if (!build(out, item, items++, depth + 1)) {
            return false;
        }
    }
    return true;
}

bool build_object(builder &out, simdjson::dom::object from, json *node, int depth) noexcept
{
    if (!begin_container(out, node, JSON_OBJECT, count_of(from), depth)) {
        return false;
    }
    json *items = array_of<json>(out, node->count);
    text *names = array_of<text>(out, node->count);
    node->items = items;
    node->names = names;
    for (auto member : from) {
        *names = copy_text(out, member.key);
        if (!is_text(out, *names++)) {
            return stop(out, JSON_OUTCOME_INVALID);
        }
        if (!build(out, member.value, items++, depth + 1)) {
            return false;
        }
    }
    return true;
}

bool build_number(element from, json *node) noexcept
{
    int64_t integer = 0;
    if (from.get_int64().get(integer) == simdjson::SUCCESS) {
        node->kind = JSON_INTEGER;
        node->integer = integer;
        node->number = static_cast<double>(integer);
        return true;
    }
    node->kind = JSON_NUMBER; /* an unsigned integer beyond 2^63 is a number, too */
    return from.get_double().get(node->number) == simdjson::SUCCESS;
}

bool build(builder &out, element from, json *node, int depth) noexcept
{
    *node = json{};
    switch (from.type()) {
    case element_type::ARRAY:
        return build_array(out, from.get_array().value_unsafe(), node, depth);
    case element_type::OBJECT:
        return build_object(out, from.get_object().value_unsafe(), node, depth);
    case element_type::STRING:
        node->kind = JSON_STRING;
        node->text = copy_text(out, from.get_string().value_unsafe());
        return is_text(out, node->text) || stop(out, JSON_OUTCOME_INVALID);
    case element_type::BOOL:
        node->kind = from.get_bool().value_unsafe() ? JSON_TRUE : JSON_FALSE;
        return true;
    case element_type::NULL_VALUE:
        node->kind = JSON_NULL;
        return true;
    default:
        return build_number(from, node) || stop(out, JSON_OUTCOME_INVALID);
    }
}

json_outcome outcome_of(simdjson::error_code code) noexcept
{
    switch (code) {
    case simdjson::NUMBER_ERROR:
        return JSON_OUTCOME_NUMBER;
    case simdjson::DEPTH_ERROR:
        return JSON_OUTCOME_TOO_DEEP;
    case simdjson::CAPACITY:
        return JSON_OUTCOME_TOO_LARGE;
    case simdjson::MEMALLOC:
        return JSON_OUTCOME_NO_MEMORY;
    default:
        return JSON_OUTCOME_INVALID;
    }
}
} // namespace

struct json_parser {
    simdjson::dom::parser parser{simdjson::SIMDJSON_MAXSIZE_BYTES};
    size_t capacity = 0;
};

extern "C" json_parser *json_parser_create() noexcept
{
    return new (std::nothrow) json_parser;
}

extern "C" void json_parser_destroy(json_parser *parser) noexcept
{
    delete parser;
}

static simdjson::error_code parse_kept(json_parser *from, element &root, const uint8_t *bytes, size_t length) noexcept
{
    if (length > from->capacity || from->capacity == 0) {
        const size_t capacity = length < 65536 ? 65536 : 2 * length;
        const auto failed = from->parser.allocate(capacity, JSON_DEPTH_MAX + 2); /* the builder says where the limit is */
        from->capacity = failed == simdjson::SUCCESS ? capacity : 0;
        if (failed != simdjson::SUCCESS) {
            return failed;
        }
    }
    return from->parser.parse(bytes, length, false).get(root); /* false: the padding is the caller's */
}

extern "C" json_outcome json_parser_check(json_parser *from, const uint8_t *bytes, size_t length) noexcept
{
    element root;
    const auto failed = parse_kept(from, root, bytes, length);
    return failed == simdjson::SUCCESS ? JSON_OUTCOME_PARSED : outcome_of(failed);
}

extern "C" json_outcome json_parser_read(json_parser *from, const json **out_root, arena *memory, const uint8_t *bytes,
                                         size_t length) noexcept
{
    element root;
    const auto failed = parse_kept(from, root, bytes, length);
    if (failed != simdjson::SUCCESS) {
        return outcome_of(failed);
    }
    const bool checks = std::memchr(bytes, '\\', length) != nullptr;
    builder out{memory, nullptr, 0, 1, JSON_OUTCOME_PARSED, true, checks};
    json *node = array_of<json>(out, 1);
    if (build(out, root, node, 0)) {
        *out_root = node;
    }
    return out.outcome;
}

extern "C" json_outcome json_parse_bytes(const json **out_root, arena *memory, const uint8_t *bytes, size_t length) noexcept
{
    simdjson::dom::parser parser;
    element root;
    /* One level more than is taken: the builder says where the limit is. */
    auto failed = parser.allocate(length > 0 ? length : 1, JSON_DEPTH_MAX + 2);
    if (failed == simdjson::SUCCESS) {
        failed = parser.parse(bytes, length, true).get(root); /* true: it makes a padded copy */
    }
    if (failed != simdjson::SUCCESS) {
        return outcome_of(failed);
    }
    builder out{memory, nullptr, 0, 1, JSON_OUTCOME_PARSED, false, true};
    json *node = array_of<json>(out, 1);
    if (build(out, root, node, 0)) {
        *out_root = node;
    }
    return out.outcome;
}
