/* SPDX-License-Identifier: EUPL-1.2 */
/* token: SoftHSM as the token, in a directory of its own: a secret sealed under its key opens with it and with nothing else. Skipped by
 * name where SoftHSM is not installed. */
#include "base/file.h"
#include "trust/token/token.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const modules[] = {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"};
static const char *module;
static char directory[64];

static int run_program(const char *const *arguments)
{
    pid_t child = fork();
    if (child == 0) {
        char *argv[16] = {0};
        for (int i = 0; arguments[i]; i++) {
            argv[i] = strdup(arguments[i]);
        }
        if (!freopen("/dev/null", "w", stdout)) {
            _exit(126);
        }
        execvp(argv[0], argv);
        _exit(127);
    }
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool token_make(const char *label)
{
    return run_program((const char *const[]){"softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin",
                                             "12345678", NULL}) == 0;
}

static struct secret *secret_of(const char *text)
{
    struct error err;
    struct secret *secret;
    assert_true(secret_create(&secret, strlen(text), &err));
    memcpy(secret_bytes(secret), text, strlen(text));
    return secret;
}

#define NEED_SOFTHSM(name)                                                    \
    if (!module) {                                                            \
        print_message("%s: skipped, SoftHSM (softhsm2) is not here\n", name); \
        skip();                                                               \
    }

static void secret_opens_with_its_token_only(void **state)
{
    (void)state;
    NEED_SOFTHSM("secret_opens_with_its_token_only")
    struct error err;
    CLEANUP(secret) struct secret *pin = secret_of("12345678");
    uint8_t key_id[TOKEN_KEY_ID_SIZE], other_id[TOKEN_KEY_ID_SIZE], sealed[TOKEN_SEALED_SIZE(32)], again[sizeof sealed], out[32] = {0};
    {
        CLEANUP(token) struct token *token = NULL;
        assert_true(token_open(&token, module, "custodian", pin, &err));
        assert_true(token_key_create(token, key_id, &err) && token_key_create(token, other_id, &err));
        assert_true(token_seal(sealed, token, key_id, "a secret of thirty-two bytes ...", 32, "bound", 5, &err));
        assert_true(token_seal(again, token, key_id, "a secret of thirty-two bytes ...", 32, "bound", 5, &err));
        assert_memory_not_equal(sealed, again, sizeof sealed);
    }
    CLEANUP(token) struct token *token = NULL; /* another day: the key is still in the token */
    assert_true(token_open(&token, module, "custodian", pin, &err));
    assert_false(token_open_sealed(out, token, other_id, sealed, sizeof sealed, "bound", 5, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    assert_false(token_open_sealed(out, token, key_id, sealed, sizeof sealed, "Bound", 5, &err));
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_false(token_open_sealed(out, token, key_id, sealed, sizeof sealed, "bound", 5, &err));
        sealed[i] ^= 1;
    }
    assert_false(token_open_sealed(out, token, key_id, sealed, sizeof sealed - 1, "bound", 5, &err));
    assert_false(token_open_sealed(out, token, key_id, sealed, 3, "bound", 5, &err));
    key_id[0] ^= 1;
    assert_false(token_open_sealed(out, token, key_id, sealed, sizeof sealed, "bound", 5, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    key_id[0] ^= 1;
    assert_true(token_open_sealed(out, token, key_id, sealed, sizeof sealed, "bound", 5, &err));
    assert_memory_equal(out, "a secret of thirty-two bytes ...", 32);
    token_close(token);
    token = NULL;
    assert_true(token_open(&token, module, "someone else", pin, &err));
    assert_false(token_open_sealed(out, token, key_id, sealed, sizeof sealed, "bound", 5, &err));
    assert_int_equal(err.code, ERROR_DENIED);
}

static void wrong_pin_label_and_module_are_told_apart(void **state)
{
    (void)state;
    NEED_SOFTHSM("wrong_pin_label_and_module_are_told_apart")
    struct error err;
    struct token *token = NULL;
    CLEANUP(secret) struct secret *pin = secret_of("12345678"), *wrong = secret_of("12345679");
    assert_false(token_open(&token, module, "custodian", wrong, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_string_equal(err.message, "the token's PIN is wrong");
    assert_false(token_open(&token, module, "no such label", pin, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_false(token_open(&token, module, NULL, pin, &err)); /* there are two */
    assert_string_equal(err.message, "there are 2 such tokens");
    assert_false(token_open(&token, "/nonexistent/module.so", NULL, pin, &err));
    assert_string_equal(err.message, "the PKCS#11 module cannot be loaded");
    assert_null(token);
}

static int start(void **state)
{
    (void)state;
    struct error err;
    char path[128], text[160];
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        module = access(modules[i], R_OK) == 0 ? modules[i] : module;
    }
    snprintf(directory, sizeof directory, "/tmp/emc2_token_test_XXXXXX");
    if (!crypto_start(&err) || !mkdtemp(directory)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/softhsm2.conf", directory);
    snprintf(text, sizeof text, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", directory);
    if (!file_write_atomic(path, text, strlen(text), 0600, &err) || setenv("SOFTHSM2_CONF", path, 1) != 0) {
        return -1;
    }
    if (module && (!token_make("custodian") || !token_make("someone else"))) {
        module = NULL;
    }
    return 0;
}

static int finish(void **state)
{
    (void)state;
    struct error err;
    return directory_remove_all(directory, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_opens_with_its_token_only),
        cmocka_unit_test(wrong_pin_label_and_module_are_told_apart),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
