/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of csv: the rules of RFC 4180 one by one, line ends, places of faults, gzip, windows, and writing and reading back. */
#include "base/csv.h"
#include "base/scratch.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* Everything that a reader gives, one line a record: "line:field|field;" with ~ for NULL, or the message of the error. */
static void read_all(struct csv_reader *reader, struct buffer *out)
{
    struct error err;
    for (;;) {
        struct csv_record record = {0};
        bool more = false;
        if (!csv_reader_next(reader, &record, &more, &err)) {
            assert_true(buffer_append_format(out, &err, "!%s", err.message));
            return;
        }
        if (!more) {
            return;
        }
        assert_true(buffer_append_format(out, &err, "%d:", (int)record.line));
        for (size_t i = 0; i < record.count; i++) {
            const struct csv_field *field = &record.fields[i];
            bool null = field->text.length == 0 && !field->quoted;
            assert_true(buffer_append(out, "|", i > 0 ? 1 : 0, &err));
            assert_true(null ? buffer_append(out, "~", 1, &err) : buffer_append(out, field->text.data, field->text.length, &err));
        }
        assert_true(buffer_append(out, ";", 1, &err));
    }
}

static void assert_reads_bytes(const void *bytes, size_t length, const struct csv_options *options, const char *expected)
{
    struct error err;
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 20};
    assert_true(csv_reader_open_memory(&reader, "dir/t.csv", bytes, length, options, &err));
    read_all(reader, &out);
    assert_string_equal(out.data ? (char *)out.data : "", expected);
}

static void assert_reads(const char *source, const char *expected)
{
    assert_reads_bytes(source, strlen(source), NULL, expected);
}

/* RFC 4180 section 2, rules 1 to 7, with its own examples */
static void test_rfc4180(void **state)
{
    (void)state;
    assert_reads("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", "1:aaa|bbb|ccc;2:zzz|yyy|xxx;");
    assert_reads("aaa,bbb,ccc\r\nzzz,yyy,xxx", "1:aaa|bbb|ccc;2:zzz|yyy|xxx;");
    assert_reads("field_name,field_name,field_name\r\naaa,bbb,ccc\r\n", "1:field_name|field_name|field_name;2:aaa|bbb|ccc;");
    assert_reads("aaa, bbb ,ccc", "1:aaa| bbb |ccc;"); /* spaces are part of a field */
    assert_reads("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx", "1:aaa|bbb|ccc;2:zzz|yyy|xxx;");
    assert_reads("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx", "1:aaa|b\r\nbb|ccc;3:zzz|yyy|xxx;");
    assert_reads("\"aaa\",\"b\"\"bb\",\"ccc\"", "1:aaa|b\"bb|ccc;");
}

static void test_line_ends(void **state)
{
    (void)state;
    assert_reads("", "");
    assert_reads("\n\n", "");
    assert_reads("a\n\n\r\nb\n", "1:a;4:b;");
    assert_reads("a,b\nc,d\r\n\"e\"\r\n\"f\",g", "1:a|b;2:c|d;3:e;4:f|g;");
    assert_reads("a\r", "1:a;");
    assert_reads("\"a\"\r", "1:a;");
    assert_reads("\xef\xbb\xbf"
                 "a,b\n",
                 "1:a|b;");
    assert_reads("\xef\xbb\xbf"
                 "\"a\",b\n",
                 "1:a|b;");
    assert_reads("\xef\xbb\xbf", "");
    assert_reads("\"a\n\nb\",\"\n\"\n\"x\"", "1:a\n\nb|\n;5:x;");
    assert_reads("a,\"\r\",b", "1:a|\r|b;");
}

static void test_null_and_empty(void **state)
{
    (void)state;
    assert_reads("a,,\"\",b\n", "1:a|~||b;");
    assert_reads(",\n", "1:~|~;");
    assert_reads(",", "1:~|~;");
    assert_reads("\"\"", "1:;");
    assert_reads("\"\"\n", "1:;");
    assert_reads("\"\"\"\"", "1:\";");
    assert_reads("\"\"\"\"\"\",\"a\"\"\"\"b\"", "1:\"\"|a\"\"b;");
}

static void test_faults(void **state)
{
    (void)state;
    assert_reads("a,b\nc,d\"e\n", "1:a|b;!t.csv, line 2, field 2: a quote stands inside a field that is not quoted");
    assert_reads("a\n\"b\nc\",\"d\"e\n", "1:a;!t.csv, line 3, field 2: something stands between a closing quote and the next delimiter");
    assert_reads("\"a\" ,b", "!t.csv, line 1, field 1: something stands between a closing quote and the next delimiter");
    assert_reads("\"a\"x\"b\"", "!t.csv, line 1, field 1: something stands between a closing quote and the next delimiter");
    assert_reads("\"a\"x", "!t.csv, line 1, field 1: something stands between a closing quote and the next delimiter");
    assert_reads("\"a\"\rx\n", "!t.csv, line 1, field 1: a carriage return stands alone, outside quotes");
    assert_reads("a\n\"b\nc\",\"d\n\n", "1:a;!t.csv, line 3, field 2: the quote that opens here is never closed");
    assert_reads("\"", "!t.csv, line 1, field 1: the quote that opens here is never closed");
    assert_reads("a\rb\n", "!t.csv, line 1, field 1: a carriage return stands alone, outside quotes");
    assert_reads("a\r,b\n", "!t.csv, line 1, field 1: a carriage return stands alone, outside quotes");
    assert_reads("a\r\r\n", "!t.csv, line 1, field 1: a carriage return stands alone, outside quotes");
    assert_reads_bytes("a\nb,c\0d\n", 8, NULL, "1:a;!t.csv, line 2, field 2: there is a NUL byte");
    assert_reads_bytes("a\n\"b\n\0\"", 7, NULL, "1:a;!t.csv, line 3, field 1: there is a NUL byte");
    assert_reads_bytes("\xff\xfe"
                       "a\0",
                       4, NULL, "!t.csv is UTF-16");
}

static void test_after_an_error(void **state)
{
    (void)state;
    struct error err;
    struct csv_record record;
    bool more = false;
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    assert_true(csv_reader_open_memory(&reader, "t.csv", "a\"\nb\n", 5, NULL, &err));
    assert_false(csv_reader_next(reader, &record, &more, &err));
    assert_false(csv_reader_next(reader, &record, &more, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
}

static void test_options(void **state)
{
    (void)state;
    const struct csv_options athena = {.delimiter = '\t', .without_quotes = true};
    const char *source = "id\tname\r\n1\t12\" ruler, \"long\"\n2\t\"\n3\ta\rb\n4\t\"\"\n";
    assert_reads_bytes(source, strlen(source), &athena, "1:id|name;2:1|12\" ruler, \"long\";3:2|\";4:3|a\rb;5:4|\"\";");
    const struct csv_options semicolons = {.delimiter = ';'};
    assert_reads_bytes("a;\"b;c\";d,e\n", 12, &semicolons, "1:a|b;c|d,e;");
    struct error err;
    struct csv_reader *reader = NULL;
    const char wrong[] = {'\n', '\r', '"'};
    for (size_t i = 0; i < sizeof wrong; i++) {
        const struct csv_options options = {.delimiter = wrong[i]};
        assert_false(csv_reader_open_memory(&reader, "t.csv", "", 0, &options, &err));
        assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    }
    assert_false(csv_reader_open(&reader, "/no/such/file.csv", NULL, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void test_limits(void **state)
{
    (void)state;
    const struct csv_options small = {.record_bytes_max = 8};
    assert_reads_bytes("12345678\na\n", 11, &small, "1:12345678;2:a;");
    assert_reads_bytes("a\n123456789\n", 12, &small, "1:a;!t.csv, line 2: the record is longer than 8 bytes");
    assert_reads_bytes("a\n123456789", 11, &small, "1:a;!t.csv, line 2: the record is longer than 8 bytes");
    static char long_line[2 << 20];
    memset(long_line, 'x', sizeof long_line);
    const struct csv_options medium = {.record_bytes_max = 1 << 20};
    assert_reads_bytes(long_line, sizeof long_line, &medium, "!t.csv, line 1: the record is longer than 1048576 bytes");
    long_line[0] = '"'; /* a quote that is never closed */
    assert_reads_bytes(long_line, sizeof long_line, &medium, "!t.csv, line 1: the record is longer than 1048576 bytes");
    memset(long_line, ',', sizeof long_line);
    assert_reads_bytes(long_line, sizeof long_line, NULL, "!the limit of 65536 items is reached");
}

/* Gives its bytes in pieces, so that every place of a record meets the end of a window or of a read. */
struct pieces {
    const char *data;
    size_t left, step;
};

static bool read_piece(void *context, void *out, size_t room, size_t *out_got, struct error *err)
{
    (void)err;
    struct pieces *pieces = context;
    size_t length = pieces->left < pieces->step ? pieces->left : pieces->step;
    length = length < room ? length : room;
    memcpy(out, pieces->data, length);
    pieces->data += length;
    pieces->left -= length;
    *out_got = length;
    return true;
}

static void test_pieces(void **state)
{
    (void)state;
    static const char source[] =
        "\xef\xbb\xbfid,\"na\"\"me\"\r\n1,\"a\r\n\"\"b\"\"\"\r\n,\"\"\r\n\"x\",y\r\n0123456789012345678901234567890123456789"
        "012345678901234567890123456789,\"0123456789012345678901234567890123456789\"\"01234567890123456789\"";
    static const char expected[] =
        "1:id|na\"me;2:1|a\r\n\"b\";4:~|;5:x|y;6:0123456789012345678901234567890123456789012345678901234567890123456789|"
        "0123456789012345678901234567890123456789\"01234567890123456789;";
    for (size_t step = 1; step < sizeof source; step++) {
        struct error err;
        struct pieces pieces = {source, sizeof source - 1, step};
        CLEANUP(csv_reader) struct csv_reader *reader = NULL;
        CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
        assert_true(csv_reader_open_stream(&reader, "t.csv", read_piece, &pieces, NULL, &err));
        read_all(reader, &out);
        assert_string_equal((char *)out.data, expected);
    }
}

static bool read_fails(void *context, void *out, size_t room, size_t *out_got, struct error *err)
{
    (void)context, (void)out, (void)room;
    *out_got = 0;
    return FAIL(err, IO, "the device is gone");
}

static void test_stream_failure(void **state)
{
    (void)state;
    struct error err;
    struct csv_record record;
    bool more;
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    assert_true(csv_reader_open_stream(&reader, "t.csv", read_fails, NULL, NULL, &err));
    assert_false(csv_reader_next(reader, &record, &more, &err));
    assert_string_equal(err.message, "the device is gone");
}

/* ---- gzip ---- */

static void pack(struct buffer *out, const void *bytes, size_t length)
{
    struct error err;
    z_stream deflater = {0};
    assert_int_equal(deflateInit2(&deflater, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_true(buffer_reserve(out, deflateBound(&deflater, length) + 64, &err));
    CLEANUP(buffer_value) struct buffer copy = {.maximum = length + 1};
    assert_true(buffer_append(&copy, bytes, length, &err));
    deflater.next_in = copy.data;
    deflater.avail_in = (uInt)length;
    deflater.next_out = out->data + out->length;
    deflater.avail_out = (uInt)(out->capacity - out->length);
    assert_int_equal(deflate(&deflater, Z_FINISH), Z_STREAM_END);
    out->length += deflater.total_out;
    deflateEnd(&deflater);
}

static void test_gzip(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer packed = {.maximum = 1 << 16};
    pack(&packed, "a,b\n1,", 6);
    size_t first = packed.length;
    pack(&packed, "2\n3,4", 5);
    assert_reads_bytes(packed.data, first, NULL, "1:a|b;2:1|~;");
    assert_reads_bytes(packed.data, packed.length, NULL, "1:a|b;2:1|2;3:3|4;"); /* two members */
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *path = scratch_path(&scratch, "t.csv"); /* by content, not by name */
    assert_true(file_write_atomic(path, packed.data, packed.length, 0600, &err));
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    assert_true(csv_reader_open(&reader, path, NULL, &err));
    read_all(reader, &out);
    assert_string_equal((char *)out.data, "1:a|b;2:1|2;3:3|4;");
}

static void test_damaged_gzip(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer packed = {.maximum = 1 << 16};
    pack(&packed, "a,b\n1,2\n", 8);
    for (size_t length = 3; length < packed.length; length++) { /* truncated anywhere, in the last checksum, too */
        CLEANUP(csv_reader) struct csv_reader *reader = NULL;
        CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
        assert_true(csv_reader_open_memory(&reader, "t.csv.gz", packed.data, length, NULL, &err));
        read_all(reader, &out);
        assert_non_null(strstr((char *)out.data, "!t.csv.gz: the gzip data end too early"));
    }
    packed.data[packed.length - 8] ^= 1; /* the checksum */
    assert_reads_bytes(packed.data, packed.length, NULL, "!t.csv: the gzip data are damaged");
    packed.data[packed.length - 8] ^= 1;
    assert_true(buffer_append_text(&packed, "more", &err));
    assert_reads_bytes(packed.data, packed.length, NULL, "1:a|b;2:1|2;!t.csv: the gzip data are damaged");
}

/* ---- large files ---- */

enum { ROWS = 60000 };

static void write_large(struct buffer *out)
{
    struct error err;
    struct csv_writer writer = {.out = out};
    static char wide[300000];
    memset(wide, 'w', sizeof wide);
    for (int i = 0; i < ROWS; i++) {
        assert_true(csv_writer_i64(&writer, i, &err));
        assert_true(i % 3 ? csv_writer_text(&writer, TEXT("plain"), &err) : csv_writer_text(&writer, TEXT("q\"\n,"), &err));
        assert_true(i % 5 ? csv_writer_null(&writer, &err) : csv_writer_text(&writer, TEXT(""), &err));
        size_t length = i % 9999 ? (size_t)i % 97 : sizeof wide; /* wider than the first window */
        assert_true(csv_writer_text(&writer, (struct text){wide, length}, &err));
        assert_true(csv_writer_end_record(&writer, &err));
    }
}

static void assert_large_row(const struct csv_record *record, int i, uint64_t line)
{
    int64_t number = -1;
    assert_int_equal(record->count, 4);
    assert_int_equal(record->line, line);
    assert_true(text_to_i64(record->fields[0].text, &number) && number == i);
    assert_true(text_equal(record->fields[1].text, i % 3 ? TEXT("plain") : TEXT("q\"\n,")));
    assert_int_equal(record->fields[2].quoted, i % 5 == 0);
    size_t length = i % 9999 ? (size_t)i % 97 : 300000;
    assert_int_equal(record->fields[3].text.length, length);
    assert_true(length == 0 || (record->fields[3].text.data[0] == 'w' && record->fields[3].text.data[length - 1] == 'w'));
}

static void read_large(const void *bytes, size_t length)
{
    struct error err;
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    assert_true(csv_reader_open_memory(&reader, "large", bytes, length, NULL, &err));
    uint64_t line = 1;
    for (int i = 0; i <= ROWS; i++) {
        struct csv_record record = {0};
        bool more = false;
        assert_true(csv_reader_next(reader, &record, &more, &err));
        assert_int_equal(more, i < ROWS);
        if (more) {
            assert_large_row(&record, i, line);
        }
        line += i % 3 ? 1 : 2;
    }
}

static void test_large(void **state)
{
    (void)state;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 64 << 20};
    CLEANUP(buffer_value) struct buffer packed = {.maximum = 64 << 20};
    write_large(&out);
    read_large(out.data, out.length);
    pack(&packed, out.data, out.length);
    read_large(packed.data, packed.length);
}

/* ---- writing ---- */

static void test_writer(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 4096};
    struct csv_writer writer = {.out = &out};
    assert_true(csv_writer_text(&writer, TEXT("plain"), &err));
    assert_true(csv_writer_text(&writer, TEXT("a,b"), &err));
    assert_true(csv_writer_text(&writer, TEXT("say \"a\""), &err));
    assert_true(csv_writer_text(&writer, TEXT(""), &err));
    assert_true(csv_writer_null(&writer, &err));
    assert_true(csv_writer_end_record(&writer, &err));
    assert_true(csv_writer_i64(&writer, INT64_MIN, &err));
    assert_true(csv_writer_double(&writer, 0.1, &err));
    assert_true(csv_writer_text(&writer, TEXT("\xef\xbb\xbf"), &err));
    assert_true(csv_writer_text(&writer, TEXT("\r"), &err));
    assert_true(csv_writer_end_record(&writer, &err));
    assert_string_equal((char *)out.data, "plain,\"a,b\",\"say \"\"a\"\"\",\"\",\n-9223372036854775808,0.1,\"\xef\xbb\xbf\",\"\r\"\n");
    assert_false(csv_writer_text(&writer, (struct text){"a\0b", 3}, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    assert_false(csv_writer_double(&writer, NAN, &err));
    buffer_clear(&out);
    struct csv_writer tabs = {.out = &out, .delimiter = '\t'};
    assert_true(csv_writer_text(&tabs, TEXT("a,b"), &err));
    assert_true(csv_writer_text(&tabs, TEXT("a\tb"), &err));
    assert_string_equal((char *)out.data, "a,b\t\"a\tb\"");
}

/* Random fields of the bytes that matter: what is written is read back, at the right line. */
static void test_round_trips(void **state)
{
    (void)state;
    static const char letters[] = "ab,\"\"\n\r\t \xef\xbb\xbf\x1f\x8b\x08\xff\xfe";
    uint64_t bits = 88172645463325252u;
    for (int round = 0; round < 3000; round++) {
        struct error err;
        CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
        struct csv_writer writer = {.out = &out};
        char fields[12][8];
        size_t lengths[12];
        for (size_t i = 0; i < 12; i++) {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            lengths[i] = bits % 9; /* 8: NULL */
            for (size_t k = 0; k < 8; k++) {
                fields[i][k] = letters[(bits >> (8 + k * 5)) % (sizeof letters - 1)];
            }
            assert_true(lengths[i] == 8 ? csv_writer_null(&writer, &err)
                                        : csv_writer_text(&writer, (struct text){fields[i], lengths[i]}, &err));
            assert_true(i % 4 != 3 || csv_writer_end_record(&writer, &err));
        }
        CLEANUP(csv_reader) struct csv_reader *reader = NULL;
        assert_true(csv_reader_open_memory(&reader, "t", out.data, out.length, NULL, &err));
        for (size_t i = 0; i < 12; i++) {
            struct csv_record record;
            bool more = false;
            if (i % 4 == 0) {
                assert_true(csv_reader_next(reader, &record, &more, &err) && more);
                assert_int_equal(record.count, 4);
            }
            const struct csv_field *field = &record.fields[i % 4];
            bool null = lengths[i] == 8;
            assert_true(text_equal(field->text, (struct text){fields[i], null ? 0 : lengths[i]}));
            assert_false(null && field->quoted);
            assert_true(null || lengths[i] > 0 || field->quoted);
        }
    }
}

static void test_delimiters(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        char delimiter;
    } cases[] = {{"a,b;c\n", ','}, {"a;b\n1;2\n", ';'}, {"a\tb\n", '\t'}, {"a|b\n", '|'}, {"a\n", ','}, {"", ','}, {"\"a\";b\n", ';'}};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *path = scratch_path(&scratch, "t.csv");
    struct error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char delimiter = 0;
        assert_true(file_write_atomic(path, cases[i].bytes, strlen(cases[i].bytes), 0600, &err));
        assert_true(csv_delimiter_find(path, NULL, &delimiter, &err));
        assert_int_equal(delimiter, cases[i].delimiter);
    }
}

static void test_lines(void **state)
{
    (void)state;
    static const char bytes[] = "a,b\n\n\"x\ny\",1\n2,b\"c\n";
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    static const uint64_t lines[] = {1, 3};
    struct csv_record record;
    struct error err;
    bool more = false;
    assert_true(csv_reader_open_memory(&reader, "t.csv", bytes, sizeof bytes - 1, NULL, &err));
    assert_int_equal(csv_reader_line(reader), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_true(csv_reader_next(reader, &record, &more, &err) && more);
        assert_int_equal(csv_reader_line(reader), lines[i]);
    }
    assert_false(csv_reader_next(reader, &record, &more, &err));
    assert_int_equal(csv_reader_line(reader), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc4180),        cmocka_unit_test(test_line_ends),  cmocka_unit_test(test_faults),
        cmocka_unit_test(test_null_and_empty), cmocka_unit_test(test_options),    cmocka_unit_test(test_after_an_error),
        cmocka_unit_test(test_limits),         cmocka_unit_test(test_pieces),     cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_stream_failure), cmocka_unit_test(test_large),      cmocka_unit_test(test_damaged_gzip),
        cmocka_unit_test(test_writer),         cmocka_unit_test(test_delimiters), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
