/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of base64 with the vectors of RFC 4648 section 10, and what a strict reader must refuse. */
#include "trust/crypto/crypto_base64.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648 section 10 */
static void vectors(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char text[16], back[16];
        size_t length = 99;
        crypto_base64(text, pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(text, pairs[i][1]);
        assert_true(crypto_from_base64(back, sizeof back, &length, text_of(text)));
        assert_int_equal(length, strlen(pairs[i][0]));
        assert_memory_equal(back, pairs[i][0], length);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Zg",    "Zg=",  "Zg===", "Zh==",    "Zm9v\n",  " Zm9v",
                                        "Zm9v=", "Zm-v", "=",     "Zm9vYmE", "Zm9\xEB", "\xEBm9v"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char back[16];
        size_t length = 7;
        assert_false(crypto_from_base64(back, sizeof back, &length, text_of(wrong[i])));
        assert_int_equal(length, 7);
    }
    char small[2];
    size_t length;
    assert_false(crypto_from_base64(small, sizeof small, &length, text_of("Zm9v")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
