/* SPDX-License-Identifier: EUPL-1.2 */
/* json_hex: what is written is read back, and nothing else is. */
#include "trust/crypto/crypto_json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void members_come_back(void **state)
{
    (void)state;
    struct error err;
    struct buffer out = {.maximum = 1000};
    struct json_writer writer = {.out = &out};
    const uint8_t bytes[4] = {0x00, 0xff, 0x1a, 0x70};
    assert_true(json_begin_object(&writer, &err) && crypto_named_hex(&writer, "key", bytes, sizeof bytes, &err) &&
                json_end_object(&writer, &err));
    assert_string_equal((const char *)out.data, "{\"key\":\"00ff1a70\"}");
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct json *root;
    uint8_t read[4] = {0};
    assert_true(json_parse(&root, scratch, "text", out.data, out.length, &err));
    assert_true(crypto_member_hex(root, "key", read, sizeof read));
    assert_memory_equal(read, bytes, sizeof bytes);
    buffer_finish(&out);
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"{}",
                                        "{\"key\": 12}",
                                        "{\"key\": null}",
                                        "{\"key\": \"00ff1a\"}",
                                        "{\"key\": \"00ff1a7000\"}",
                                        "{\"key\": \"00FF1A70\"}",
                                        "{\"key\": \"00ff1a7g\"}",
                                        "{\"key\": \"00ff1a70\\u0000\"}",
                                        "[\"00ff1a70\"]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        struct error err;
        const struct json *root;
        uint8_t read[4] = {9, 9, 9, 9};
        assert_true(json_parse(&root, scratch, "text", wrong[i], strlen(wrong[i]), &err));
        assert_false(crypto_member_hex(root, "key", read, sizeof read));
        assert_int_equal(read[0], 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(members_come_back), cmocka_unit_test(other_texts_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
