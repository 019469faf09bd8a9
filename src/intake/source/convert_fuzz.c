/* SPDX-License-Identifier: EUPL-1.2 */
/* convert_fuzz: any bytes as a value. What is taken for a number or a date is one, and written out it is taken for the same again. */
#include "base/calendar.h"
#include "intake/source/convert.h"
#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_integer(struct text text)
{
    char written[TEXT_NUMBER_SIZE];
    int64_t value = 0, again = 0;
    if (convert_integer(text, &value)) {
        const bool taken = convert_integer((struct text){written, text_from_i64(value, written)}, &again);
        assert(taken && again == value);
    }
}

static void check_number(struct text text)
{
    char written[TEXT_NUMBER_SIZE];
    double value = 0, again = 0;
    if (convert_number(text, &value)) {
        assert(isfinite(value));
        const bool taken = convert_number((struct text){written, text_from_double(value, written)}, &again);
        assert(taken && again == value);
    }
}

static void check_dates(struct text text)
{
    char written[INSTANT_TEXT_SIZE];
    int32_t days = 0, again = 0;
    int64_t moment = 0, moment_again = 0;
    const bool is_day = convert_day(text, &days), is_instant = convert_instant(text, &moment);
    assert(!is_day || (is_instant && moment == days * INT64_C(86400000000) && convert_day_in_range(days)));
    if (is_day) {
        day_to_text((day){days}, written);
        const bool taken = convert_day(text_of(written), &again);
        assert(taken && again == days);
    }
    if (is_instant) {
        assert(convert_instant_in_range(moment));
        instant_to_text((instant){moment}, written);
        const bool taken = convert_instant(text_of(written), &moment_again);
        assert(taken && moment_again == moment);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct text text = {(const char *)data, size};
    if (size > 0) { /* an empty field is NULL before it comes here */
        check_integer(text);
        check_number(text);
        check_dates(text);
    }
    return 0;
}
