/* SPDX-License-Identifier: EUPL-1.2 */
/* passphrase: see passphrase.h. */
#include "service/command/passphrase.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { PASSPHRASE_MAX = 1024, PASSPHRASE_MIN = 8, PIN_MIN = 4 };

/* The bytes up to the first line break become the secret; raw is wiped. */
static bool take_line(const struct passphrase_wish *wish, struct secret *raw, size_t length, struct secret **out_passphrase,
                      struct error *err)
{
    const uint8_t *bytes = secret_view(raw);
    const uint8_t *end = memchr(bytes, '\n', length);
    size_t kept = end ? (size_t)(end - bytes) : length, minimum = wish->is_pin ? PIN_MIN : PASSPHRASE_MIN;
    if (kept < minimum) {
        FAIL(err, INVALID_ARGUMENT, "the %s has fewer than %zu bytes", wish->what, minimum);
        return error_hint(err, wish->is_pin ? "type the PIN that the token was set up with" : "five unrelated words are a good one");
    }
    struct secret *passphrase = NULL;
    TRY(secret_create(&passphrase, kept, err));
    memcpy(secret_bytes(passphrase), bytes, kept);
    *out_passphrase = passphrase;
    return true;
}

static bool read_line(const struct passphrase_wish *wish, int descriptor, struct secret **out_passphrase, struct error *err)
{
    CLEANUP(secret) struct secret *raw = NULL;
    TRY(secret_create(&raw, PASSPHRASE_MAX, err));
    size_t length = 0;
    while (length < PASSPHRASE_MAX) {
        ssize_t got = read(descriptor, secret_bytes(raw) + length, PASSPHRASE_MAX - length);
        if (got < 0) {
            return FAIL_ERRNO(err, wish->what, "the %s cannot be read", wish->what);
        }
        length += (size_t)got;
        if (got == 0 || memchr(secret_view(raw), '\n', length)) {
            break;
        }
    }
    return take_line(wish, raw, length, out_passphrase, err);
}

static bool from_file(const struct passphrase_wish *wish, const char *path, struct secret **out_passphrase, struct error *err)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return FAIL_ERRNO(err, path, "the %s file cannot be opened", wish->what);
    }
    struct stat status;
    bool is_private = fstat(descriptor, &status) == 0 && (status.st_mode & 077) == 0;
    bool done = is_private && read_line(wish, descriptor, out_passphrase, err);
    close(descriptor);
    if (!is_private) {
        FAIL(err, DENIED, "the %s file can be read by others than its owner", wish->what);
        error_detail(err, "%s", path);
        return error_hint(err, "chmod 600 the file, or type the %s instead", wish->what);
    }
    return done;
}

static bool ask(const struct passphrase_wish *wish, int terminal, const char *question, struct secret **out_passphrase, struct error *err)
{
    struct termios before, silent;
    dprintf(terminal, "%s: ", question);
    bool is_terminal = tcgetattr(terminal, &before) == 0;
    if (is_terminal) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(terminal, TCSAFLUSH, &silent);
    }
    bool done = read_line(wish, terminal, out_passphrase, err);
    if (is_terminal) {
        tcsetattr(terminal, TCSAFLUSH, &before);
    }
    dprintf(terminal, "\n");
    return done;
}

static bool from_terminal(const struct passphrase_wish *wish, struct secret **out_passphrase, struct error *err)
{
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal < 0) {
        FAIL(err, INVALID_ARGUMENT, "there is no terminal to ask for the %s", wish->what);
        return error_hint(err, "name a file of mode 0600 with --%s", wish->option);
    }
    CLEANUP(secret) struct secret *first = NULL;
    CLEANUP(secret) struct secret *again = NULL;
    char question[160];
    snprintf(question, sizeof question, "%s%s", wish->is_new ? "new " : "", wish->question);
    bool done = ask(wish, terminal, question, &first, err) && (!wish->is_new || ask(wish, terminal, "the same once more", &again, err));
    close(terminal);
    TRY(done);
    if (wish->is_new &&
        (secret_length(first) != secret_length(again) || !crypto_equal(secret_view(first), secret_view(again), secret_length(first)))) {
        return FAIL(err, INVALID_ARGUMENT, "the two differ");
    }
    *out_passphrase = first;
    first = NULL;
    return true;
}

bool passphrase_get(const struct passphrase_wish *wish, const char *path, struct secret **out_passphrase, struct error *err)
{
    return path ? from_file(wish, path, out_passphrase, err) : from_terminal(wish, out_passphrase, err);
}
