/* SPDX-License-Identifier: EUPL-1.2 */
/* A version condition is one comparison, such as >=5.0.0: only a lower bound can include all the versions that an expression needs. */
#include "research/circe/version.h"
#include <string.h>

/* One to three numbers with points between them; those that are missing are 0. */
static bool version_of(struct text text, int64_t out_parts[3])
{
    size_t begin = 0;
    for (int i = 0; i < 3; i++) {
        size_t end = begin;
        while (end < text.length && text.data[end] >= '0' && text.data[end] <= '9') {
            end++;
        }
        TRY(text_to_i64((struct text){text.data + begin, end - begin}, &out_parts[i]));
        if (end == text.length) {
            return true;
        }
        if (text.data[end] != '.') {
            return false;
        }
        begin = end + 1;
    }
    return false;
}

/* circe: cdmVersionRange */
bool version_check(const struct reading *reading, struct node expression, struct error *err)
{
    const char *range = NULL;
    TRY(read_text(reading, expression, "cdmVersionRange", &range, err));
    if (!range) {
        return true;
    }
    struct text text = text_trim(text_of(range));
    size_t signs = strspn(text.data, "<>=^~");
    signs = signs < text.length ? signs : text.length;
    struct text sign = {text.data, signs}, number = text_trim((struct text){text.data + signs, text.length - signs});
    int64_t declared[3] = {0, 0, 0};
    if (!version_of(number, declared)) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, expression, "cdmVersionRange", err,
                                     "a version condition is written like >=5.0.0");
    }
    int64_t needed[3] = {5, reading->cdm_minor, 0};
    int order = 0;
    for (int i = 0; i < 3 && order == 0; i++) {
        order = (declared[i] > needed[i]) - (declared[i] < needed[i]);
    }
    bool is_included = (text_equal(sign, TEXT(">=")) && order <= 0) || (text_equal(sign, TEXT(">")) && order < 0);
    if (!is_included) {
        return reading_refuse_member(
            reading, ERROR_INVALID_INPUT, expression, "cdmVersionRange", err,
            arena_text_format(reading->scratch,
                              "the definition needs every version of the CDM from 5.%d, which this range does not include",
                              reading->cdm_minor));
    }
    return true;
}
