/* SPDX-License-Identifier: EUPL-1.2 */
/* sheet: what is typed back is what was printed, whatever else is typed is named; the QR code is read by another program. */
#include "base/file.h"
#include "trust/crypto/crypto.h"
#include "trust/sheet/sheet.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct sheet_facts facts = {
    "alice", "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100", "2026-11-24", 2, 3, 5, 1, false};

static struct text text_in(const struct buffer *buffer)
{
    return (struct text){(const char *)buffer->data, buffer->length};
}

static void lines_of(struct buffer *out, const void *bytes, size_t length)
{
    struct error err;
    *out = (struct buffer){.maximum = SHEET_TEXT_MAX};
    assert_true(sheet_lines_print(out, bytes, length, &err));
}

static void symbols_are_those_of_crockford(void **state)
{
    (void)state;
    CLEANUP(buffer_value) struct buffer lines;
    lines_of(&lines, "\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf", 10); /* the values 0 to 15, each in five bits */
    assert_memory_equal(lines.data, "01 01234 56789 ABCDE F ", 23);
    buffer_finish(&lines);
    lines_of(&lines, "\x84\x65\x3a\x56\xd7\xc6\x75\xbe\x77\xdf", 10); /* 16 to 31 */
    assert_memory_equal(lines.data, "01 GHJKM NPQRS TVWXY Z ", 23);
}

static void every_length_comes_back(void **state)
{
    (void)state;
    struct error err;
    uint8_t bytes[SHEET_BYTES_MAX];
    crypto_random(bytes, sizeof bytes);
    for (size_t length = 1; length <= SHEET_BYTES_MAX; length += length < 120 ? 1 : 61) {
        CLEANUP(buffer_value) struct buffer lines, found = {.maximum = SHEET_BYTES_MAX};
        lines_of(&lines, bytes, length);
        assert_true(sheet_lines_parse(&found, text_in(&lines), &err));
        assert_int_equal(found.length, length);
        assert_memory_equal(found.data, bytes, length);
    }
    CLEANUP(buffer_value) struct buffer none = {.maximum = SHEET_TEXT_MAX};
    assert_false(sheet_lines_print(&none, bytes, 0, &err));
    assert_false(sheet_lines_print(&none, bytes, SHEET_BYTES_MAX + 1, &err));
}

static void how_it_is_typed_does_not_matter(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer lines, typed = {.maximum = SHEET_TEXT_MAX}, found = {.maximum = SHEET_BYTES_MAX};
    uint8_t bytes[60];
    memset(bytes, 0x08, sizeof bytes); /* zeros and ones among the symbols */
    lines_of(&lines, bytes, sizeof bytes);
    assert_true(buffer_append_text(&typed, "# my sheet\n\n", &err));
    for (size_t i = 0; i < lines.length; i++) {
        char c = (char)lines.data[i];
        bool in_number = i % 56 < 2;
        c = in_number ? c : c == '0' ? 'o' : c == '1' ? 'l' : c == ' ' && i % 56 > 2 ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        assert_true(c == '\n' ? buffer_append_text(&typed, " \r\n", &err) : buffer_append(&typed, &c, 1, &err));
    }
    assert_true(sheet_lines_parse(&found, text_in(&typed), &err));
    assert_memory_equal(found.data, bytes, sizeof bytes);
}

/* Every single wrong symbol, and every pair of neighbours swapped, on every line: refused, and the line is named. */
static void every_slip_is_named_by_its_line(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer lines;
    uint8_t bytes[70];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 89 + 3);
    }
    lines_of(&lines, bytes, sizeof bytes);
    unsigned line = 1, slips = 0;
    for (size_t i = 0; i + 1 < lines.length; i++) {
        char was = (char)lines.data[i], next = (char)lines.data[i + 1], expected[32];
        line += was == '\n';
        bool is_symbol = was != '\n' && was != ' ' && lines.data[i - (i > 0)] != '\n' && i > 1 && lines.data[i - 2] != '\n';
        if (!is_symbol) {
            continue;
        }
        snprintf(expected, sizeof expected, "line %02u of the sheet", line);
        for (const char *other = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*"; *other; other++) {
            CLEANUP(buffer_value) struct buffer found = {.maximum = SHEET_BYTES_MAX};
            lines.data[i] = (uint8_t)*other;
            bool done = sheet_lines_parse(&found, text_in(&lines), &err);
            assert_true(done == (*other == was));
            assert_true(done || (err.code == ERROR_INVALID_INPUT && strstr(err.message, expected)));
            slips += !done;
        }
        lines.data[i] = (uint8_t)was;
        if (next != ' ' && next != '\n' && next != was) {
            CLEANUP(buffer_value) struct buffer found = {.maximum = SHEET_BYTES_MAX};
            lines.data[i] = (uint8_t)next;
            lines.data[i + 1] = (uint8_t)was;
            assert_false(sheet_lines_parse(&found, text_in(&lines), &err));
            assert_non_null(strstr(err.message, expected));
            lines.data[i] = (uint8_t)was;
            lines.data[i + 1] = (uint8_t)next;
        }
    }
    assert_true(slips > 3000);
}

static void refuses(const char *typed, const char *message)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer found = {.maximum = SHEET_BYTES_MAX};
    assert_false(sheet_lines_parse(&found, text_of(typed), &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_non_null(strstr(err.message, message));
    assert_int_equal(found.length, 0);
}

static void missing_doubled_and_displaced_lines_are_named(void **state)
{
    (void)state;
    char line[3][80], text[400];
    uint8_t bytes[70];
    memset(bytes, 0x5a, sizeof bytes);
    CLEANUP(buffer_value) struct buffer lines;
    lines_of(&lines, bytes, sizeof bytes);
    const char *at = (const char *)lines.data;
    for (int i = 0; i < 3; i++) {
        const char *end = strchr(at, '\n');
        assert_true(text_copy(line[i], sizeof line[i], (struct text){at, (size_t)(end - at)}));
        at = end + 1;
    }
    snprintf(text, sizeof text, "%s\n%s\n", line[0], line[2]);
    refuses(text, "line 03 stands where line 02");
    snprintf(text, sizeof text, "%s\n%s\n%s\n", line[0], line[0], line[1]);
    refuses(text, "line 01 stands where line 02");
    snprintf(text, sizeof text, "%s\n%s\n", line[0], line[1]);
    refuses(text, "line 03 of the sheet is missing");
    snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n", line[0], line[1], line[2], line[0]);
    refuses(text, "after line 03, which is the last");
    line[1][0] = '0';
    line[1][1] = '1';
    snprintf(text, sizeof text, "%s\n", line[1]); /* the same bytes under another number */
    refuses(text, "line 01 of the sheet was mistyped");
    refuses("hello\n", "does not begin with its number");
    refuses("", "line 01 of the sheet is missing");
    refuses("01 AB\n", "too few symbols");
}

static int run_program(const char *const *arguments, const char *out_path)
{
    pid_t child = fork();
    if (child == 0) {
        if (!freopen(out_path, "w", stdout) || !freopen("/dev/null", "w", stderr)) {
            _exit(126);
        }
        char *argv[8] = {0};
        for (int i = 0; arguments[i]; i++) {
            argv[i] = strdup(arguments[i]);
        }
        execvp(argv[0], argv);
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The squares of the path back into a picture that zbarimg reads (PGM), so that what is decoded is the SVG and not the library's data. */
static void svg_to_pgm(const char *svg, const char *path)
{
    struct error err;
    enum { SIDE_MAX = 256, SCALE = 4 };
    static uint8_t picture[SIDE_MAX][SIDE_MAX];
    memset(picture, 255, sizeof picture);
    const char *box = strstr(svg, "viewBox=\"0 0 ");
    assert_non_null(box);
    unsigned side = 0;
    for (const char *at = box + 13; *at >= '0' && *at <= '9'; at++) {
        side = side * 10 + (unsigned)(*at - '0');
    }
    assert_true(side > 0 && side <= SIDE_MAX);
    for (const char *run = strstr(svg, "#000\" d=\"") + 9; *run == 'M';) {
        unsigned number[4] = {0}; /* x, y, length, 1 */
        for (int i = 0; i < 4; i++) {
            while (*run < '0' || *run > '9') {
                run++;
            }
            for (; *run >= '0' && *run <= '9'; run++) {
                number[i] = number[i] * 10 + (unsigned)(*run - '0');
            }
        }
        memset(&picture[number[1]][number[0]], 0, number[2]);
        run = strchr(run, 'z') + 1;
    }
    CLEANUP(buffer_value) struct buffer pgm = {.maximum = 1 << 22};
    assert_true(buffer_append_format(&pgm, &err, "P5 %u %u 255\n", side * SCALE, side * SCALE));
    for (unsigned y = 0; y < side * SCALE; y++) {
        for (unsigned x = 0; x < side * SCALE; x++) {
            assert_true(buffer_append(&pgm, &picture[y / SCALE][x / SCALE], 1, &err));
        }
    }
    assert_true(file_write_atomic(path, pgm.data, pgm.length, 0600, &err));
}

static void qr_code_is_read_by_another_program(void **state)
{
    (void)state;
    struct error err;
    char directory[] = "/tmp/emc2_sheet_test_XXXXXX", picture[64], out[64];
    uint8_t bytes[440];
    crypto_random(bytes, sizeof bytes);
    CLEANUP(buffer_value)
    struct buffer lines, svg = {.maximum = SHEET_PAGE_MAX}, read = {.maximum = 1 << 16}, found = {.maximum = SHEET_BYTES_MAX};
    lines_of(&lines, bytes, sizeof bytes);
    assert_true(sheet_qr_svg(&svg, text_in(&lines), &err));
    assert_non_null(mkdtemp(directory));
    snprintf(picture, sizeof picture, "%s/qr.pgm", directory);
    snprintf(out, sizeof out, "%s/out", directory);
    svg_to_pgm((const char *)svg.data, picture);
    int exit_code = run_program((const char *const[]){"zbarimg", "--raw", "-q", "-Sdisable", "-Sqrcode.enable", picture, NULL}, out);
    if (exit_code == 127) {
        assert_true(directory_remove_all(directory, &err));
        print_message("qr_code_is_read_by_another_program: skipped, zbarimg is not installed\n");
        skip();
    }
    assert_int_equal(exit_code, 0);
    assert_true(file_read(out, &read, &err));
    assert_true(sheet_lines_parse(&found, text_in(&read), &err));
    assert_int_equal(found.length, sizeof bytes);
    assert_memory_equal(found.data, bytes, sizeof bytes);
    assert_true(directory_remove_all(directory, &err));
}

static void page_is_whole_and_its_text_reads_back(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value)
    struct buffer lines, page = {.maximum = SHEET_PAGE_MAX}, text = {.maximum = SHEET_TEXT_MAX}, found = {.maximum = SHEET_BYTES_MAX};
    lines_of(&lines, "sealed bytes of a custodian", 27);
    assert_true(sheet_page_print(&page, &facts, text_in(&lines), &err));
    const char *html = (const char *)page.data;
    assert_non_null(strstr(html, (const char *)lines.data));
    assert_non_null(strstr(html, "<svg"));
    assert_non_null(strstr(html, "alice"));
    assert_non_null(strstr(html, "phrase de passe"));
    assert_null(strstr(html, "{{"));
    assert_null(strstr(html, "src="));
    assert_null(strstr(html, "https:"));
    assert_true(sheet_text_print(&text, &facts, text_in(&lines), &err));
    assert_true(sheet_lines_parse(&found, text_in(&text), &err));
    assert_memory_equal(found.data, "sealed bytes of a custodian", 27);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_those_of_crockford),
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(how_it_is_typed_does_not_matter),
        cmocka_unit_test(every_slip_is_named_by_its_line),
        cmocka_unit_test(missing_doubled_and_displaced_lines_are_named),
        cmocka_unit_test(qr_code_is_read_by_another_program),
        cmocka_unit_test(page_is_whole_and_its_text_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
