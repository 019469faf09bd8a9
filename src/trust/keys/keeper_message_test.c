/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_message: what is said is what is heard; anything shorter, longer or beyond its bounds is refused; errors come across whole. */
#include "trust/keys/keeper_message.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct key_file_id ids[2] = {{"file number one."}, {"file number two."}};

static struct keeper_request request_of(enum keeper_kind kind)
{
    struct keeper_request request = {
        .number = 77, .kind = kind, .seed = KEY_TOP_LOG, .domain = KEY_DOMAIN_HEALTH, .until = 5, .file = ids[0]};
    request.grant = (struct grant){.project = "p", .purpose = "a purpose", .holder = "h", .actions = 3, .tables = 9, .not_before = -1};
    request.part = (struct text){"some bytes", 10};
    request.offset = 60000;
    request.head = (struct key_head){.snapshot = 7, .manifest.bytes = "a hash", .log_size = 70};
    request.ids = ids;
    request.id_count = 2;
    return request;
}

static void requests_come_back_as_they_were(void **state)
{
    (void)state;
    struct error err;
    for (int kind = KEEPER_STATUS; kind < KEEPER_KIND_END; kind++) {
        CLEANUP(buffer_value) struct buffer first = {.maximum = KEEPER_MESSAGE_MAX}, again = {.maximum = KEEPER_MESSAGE_MAX};
        struct keeper_request request = request_of((enum keeper_kind)kind), heard;
        assert_true(keeper_request_print(&request, &first, &err));
        assert_true(keeper_request_parse(&heard, first.data, first.length, &err));
        assert_int_equal(heard.number, 77);
        assert_int_equal(heard.kind, kind);
        assert_true(keeper_request_print(&heard, &again, &err));
        assert_int_equal(first.length, again.length);
        assert_memory_equal(first.data, again.data, first.length);
    }
}

/* A part has no end of its own: only kinds without one can be told from a cut message. */
static void any_cut_or_longer_message_is_refused(void **state)
{
    (void)state;
    struct error err;
    for (int kind = KEEPER_STATUS; kind < KEEPER_KIND_END; kind++) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = KEEPER_MESSAGE_MAX};
        struct keeper_request request = request_of((enum keeper_kind)kind), heard;
        request.part.length = 0;
        assert_true(keeper_request_print(&request, &bytes, &err));
        for (size_t length = 0; length < bytes.length; length++) {
            assert_false(keeper_request_parse(&heard, bytes.data, length, &err));
            assert_int_equal(err.code, ERROR_INVALID_INPUT);
        }
        bool has_part = kind == KEEPER_OFFER || kind == KEEPER_HOLD || kind == KEEPER_SIGN || kind == KEEPER_HEAD_SET ||
                        kind == KEEPER_PSEUDONYMISE || kind == KEEPER_PROJECT;
        assert_true(buffer_append(&bytes, "x", 1, &err));
        assert_int_equal(keeper_request_parse(&heard, bytes.data, bytes.length, &err), has_part);
    }
}

static void nobody_has_a_grant_signed_as_something_else(void **state)
{
    (void)state;
    struct error err;
    struct keeper_request request = request_of(KEEPER_SIGN), heard;
    for (int seed = 0; seed < 256; seed++) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = KEEPER_MESSAGE_MAX};
        request.seed = (enum key_top)seed;
        assert_true(keeper_request_print(&request, &bytes, &err));
        bool is_allowed = seed == KEY_TOP_MANIFESTS || seed == KEY_TOP_LOG;
        assert_int_equal(keeper_request_parse(&heard, bytes.data, bytes.length, &err), is_allowed);
    }
}

static void bounds_are_kept(void **state)
{
    (void)state;
    struct error err;
    static const struct key_file_id many[KEEPER_IDS_MAX + 1];
    static const char long_part[KEEPER_PART_MAX + 1];
    CLEANUP(buffer_value) struct buffer full = {.maximum = KEEPER_MESSAGE_MAX}, over = {.maximum = KEEPER_MESSAGE_MAX};
    CLEANUP(buffer_value) struct buffer part = {.maximum = KEEPER_MESSAGE_MAX}, long_one = {.maximum = KEEPER_MESSAGE_MAX};
    struct keeper_request request = request_of(KEEPER_DESTROY), heard;
    request.ids = many;
    request.id_count = KEEPER_IDS_MAX;
    assert_true(keeper_request_print(&request, &full, &err));
    assert_true(keeper_request_parse(&heard, full.data, full.length, &err));
    request.id_count = KEEPER_IDS_MAX + 1;
    assert_true(keeper_request_print(&request, &over, &err));
    assert_false(keeper_request_parse(&heard, over.data, over.length, &err));
    request = request_of(KEEPER_HOLD);
    request.part = (struct text){long_part, KEEPER_PART_MAX};
    assert_true(keeper_request_print(&request, &part, &err));
    assert_true(keeper_request_parse(&heard, part.data, part.length, &err));
    request.part.length++;
    assert_true(keeper_request_print(&request, &long_one, &err));
    assert_false(keeper_request_parse(&heard, long_one.data, long_one.length, &err));
}

static void another_version_is_named(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = KEEPER_MESSAGE_MAX};
    struct keeper_request request = request_of(KEEPER_STATUS), heard;
    assert_true(keeper_request_print(&request, &bytes, &err));
    bytes.data[3] = 2;
    assert_false(keeper_request_parse(&heard, bytes.data, bytes.length, &err));
    assert_int_equal(err.code, ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "different versions"));
}

static void errors_come_across_with_code_words_and_hint(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = KEEPER_MESSAGE_MAX};
    struct keeper_response *said = calloc(1, sizeof *said), *heard = calloc(1, sizeof *heard);
    assert_true(said && heard);
    *said = (struct keeper_response){.number = 5, .kind = KEEPER_OPEN, .is_failure = true};
    FAIL(&said->failure, ERASED, "its key was destroyed on %s", "2026-11-24");
    error_hint(&said->failure, "use a later snapshot");
    error_detail(&said->failure, "a path");
    error_context(&said->failure, "segment 3");
    assert_true(keeper_response_print(said, &bytes, &err));
    assert_true(keeper_response_parse(heard, bytes.data, bytes.length, &err));
    assert_true(heard->is_failure);
    assert_int_equal(heard->failure.code, ERROR_ERASED);
    assert_string_equal(heard->failure.message, said->failure.message);
    assert_string_equal(heard->failure.hint, said->failure.hint);
    assert_string_equal(heard->failure.detail, "a path");
    assert_int_equal(heard->failure.context_count, 1);
    assert_string_equal(heard->failure.context[0], "segment 3");
    free(said);
    free(heard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_back_as_they_were),
        cmocka_unit_test(any_cut_or_longer_message_is_refused),
        cmocka_unit_test(nobody_has_a_grant_signed_as_something_else),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(another_version_is_named),
        cmocka_unit_test(errors_come_across_with_code_words_and_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
