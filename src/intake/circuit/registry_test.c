/* SPDX-License-Identifier: EUPL-1.2 */
/* registry: who is answered, by which key, from which certificate, how much in a day; and a file that nobody else can write. */
#include "base/scratch.h"
#include "intake/circuit/circuit_registry.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct circuit_client client_of(const char *name, uint8_t byte, uint64_t limit)
{
    struct circuit_client client = {.day_limit = limit};
    snprintf(client.name, sizeof client.name, "%s", name);
    memset(client.signing_key, byte, sizeof client.signing_key);
    memset(client.pin, byte + 1, sizeof client.pin);
    return client;
}

static struct circuit_request request_of(const struct circuit_client *client, uint64_t count)
{
    struct circuit_request request = {.count = count};
    memcpy(request.holder, client->name, sizeof request.holder);
    memcpy(request.holder_key, client->signing_key, sizeof request.holder_key);
    return request;
}

static enum error_code admit(struct circuit_clients *clients, const struct circuit_request *request, const uint8_t *pin, int32_t today)
{
    struct error err = {0};
    return circuit_registry_admit(clients, request, pin, (day){today}, &err) ? ERROR_NONE : err.code;
}

static void a_day_has_a_limit(void **state)
{
    (void)state;
    struct error err;
    struct circuit_clients clients = {.count = 0};
    struct circuit_client client = client_of("CHU A", 1, 100);
    struct circuit_request sixty = request_of(&client, 60), forty = request_of(&client, 40), one = request_of(&client, 1);
    struct circuit_request huge = request_of(&client, UINT64_MAX), none = request_of(&client, 0);
    assert_int_equal(admit(&clients, &one, NULL, 10), ERROR_DENIED);
    assert_true(circuit_registry_set(&clients, &client, &err));
    assert_int_equal(admit(&clients, &sixty, client.pin, 10), 0);
    assert_int_equal(admit(&clients, &sixty, client.pin, 10), ERROR_LIMIT);
    assert_int_equal(admit(&clients, &huge, client.pin, 10), ERROR_LIMIT);
    assert_int_equal(admit(&clients, &forty, client.pin, 10), 0); /* what was refused does not count */
    assert_int_equal(admit(&clients, &one, client.pin, 10), ERROR_LIMIT);
    assert_int_equal(admit(&clients, &none, client.pin, 10), 0);
    assert_int_equal(admit(&clients, &one, client.pin, 9), ERROR_LIMIT); /* a clock that was set back */
    assert_int_equal(admit(&clients, &one, client.pin, 11), 0);
    client.day_limit = 1; /* a change of the limit gives no second day */
    assert_true(circuit_registry_set(&clients, &client, &err));
    assert_int_equal(clients.count, 1);
    assert_int_equal(admit(&clients, &one, client.pin, 11), ERROR_LIMIT);
    circuit_clients_finish(&clients);
}

static void only_the_registered_key_and_certificate_count(void **state)
{
    (void)state;
    struct error err;
    struct circuit_clients clients = {.count = 0};
    struct circuit_client a = client_of("CHU A", 1, 100), b = client_of("CHU B", 5, 100), thief = client_of("CHU C", 1, 100);
    struct circuit_request request = request_of(&a, 1);
    assert_true(circuit_registry_set(&clients, &a, &err) && circuit_registry_set(&clients, &b, &err));
    assert_int_equal(admit(&clients, &request, b.pin, 1), ERROR_DENIED); /* B sends what A signed */
    memcpy(request.holder_key, b.signing_key, sizeof request.holder_key);
    assert_int_equal(admit(&clients, &request, a.pin, 1), ERROR_DENIED); /* in A's name, signed by B */
    assert_false(circuit_registry_set(&clients, &thief, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    thief.signing_key[0] = 77;
    assert_false(circuit_registry_set(&clients, &thief, &err)); /* the pin is A's, too */
    snprintf(thief.name, sizeof thief.name, "a\x1b[31m");
    memset(thief.pin, 78, sizeof thief.pin);
    assert_false(circuit_registry_set(&clients, &thief, &err));
    uint8_t zero[CRYPTO_HASH_SIZE] = {0};
    assert_null(circuit_registry_find_pin(&clients, zero));
    assert_string_equal(circuit_registry_find_pin(&clients, b.pin)->name, "CHU B");
    circuit_clients_finish(&clients);
}

static void the_file_is_sealed(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(secret) struct secret *key = NULL, *other = NULL;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 4096};
    struct circuit_clients clients = {.count = 0}, back = {.count = 0};
    struct circuit_client a = client_of("CHU A", 1, 100), b = client_of("CHU B", 5, 7);
    const char *path = scratch_path(&scratch, "holders");
    assert_true(crypto_start(&err) && secret_random(&key, CRYPTO_KEY_SIZE, &err) && secret_random(&other, CRYPTO_KEY_SIZE, &err));
    assert_true(circuit_registry_read(path, key, &back, &err) && back.count == 0);
    assert_true(circuit_registry_set(&clients, &a, &err) && circuit_registry_set(&clients, &b, &err));
    struct circuit_request request = request_of(&a, 3);
    assert_int_equal(admit(&clients, &request, NULL, 20000), 0);
    assert_true(circuit_registry_write(path, key, &clients, &err) && circuit_registry_read(path, key, &back, &err));
    assert_int_equal(back.count, 2);
    assert_int_equal(back.items[0].used, 3);
    assert_int_equal(back.items[0].day, 20000);
    assert_string_equal(back.items[1].name, "CHU B");
    assert_int_equal(back.items[1].day_limit, 7);
    assert_memory_equal(back.items[1].pin, b.pin, sizeof b.pin);
    assert_memory_equal(back.items[1].signing_key, b.signing_key, sizeof b.signing_key);
    circuit_clients_finish(&back);
    assert_false(circuit_registry_read(path, other, &back, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    assert_true(file_read(path, &bytes, &err));
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.data[i] ^= 4;
        assert_true(file_write_atomic(path, bytes.data, bytes.length, 0600, &err));
        assert_false(circuit_registry_read(path, key, &back, &err));
        bytes.data[i] ^= 4;
    }
    assert_true(file_write_atomic(path, bytes.data, 5, 0600, &err));
    assert_false(circuit_registry_read(path, key, &back, &err));
    circuit_clients_finish(&clients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_has_a_limit),
        cmocka_unit_test(only_the_registered_key_and_certificate_count),
        cmocka_unit_test(the_file_is_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
