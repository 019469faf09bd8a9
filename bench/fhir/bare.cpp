/* SPDX-License-Identifier: EUPL-1.2 */
/* bare: simdjson alone over the lines of a file in memory, nothing taken: what reading can cost at least. */
#include <cstring>
#include <simdjson.h>

extern "C" size_t fhir_bench_bare(const char *bytes, size_t length) noexcept;

extern "C" size_t fhir_bench_bare(const char *bytes, size_t length) noexcept
{
    simdjson::dom::parser parser;
    size_t count = 0;
    if (parser.allocate(1 << 20) != simdjson::SUCCESS) {
        return 0;
    }
    for (const char *at = bytes, *end = bytes + length; at < end;) {
        const void *found = std::memchr(at, '\n', static_cast<size_t>(end - at));
        const char *stop = found ? static_cast<const char *>(found) : end;
        simdjson::dom::element root;
        count += parser.parse(reinterpret_cast<const uint8_t *>(at), static_cast<size_t>(stop - at), false).get(root) == simdjson::SUCCESS;
        at = stop + 1;
    }
    return count;
}
