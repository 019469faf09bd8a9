/* SPDX-License-Identifier: EUPL-1.2 */
/* Names of files. Databases and Spark cut a table into numbered parts and each has its own way of numbering; all end in digits. */
#include "intake/source/naming.h"
#include "warehouse/omop/omop.h"

static struct text without_end(struct text text, size_t count)
{
    return (struct text){text.data, text.length - count};
}

static enum file_format format_of(struct text leaf, struct text *out_base)
{
    static const struct {
        struct text end;
        enum file_format format;
    } known[] = {{{".csv", 4}, FORMAT_DELIMITED},         {{".csv.gz", 7}, FORMAT_DELIMITED},   {{".tsv", 4}, FORMAT_DELIMITED},
                 {{".tsv.gz", 7}, FORMAT_DELIMITED},      {{".parquet", 8}, FORMAT_PARQUET},    {{".snappy.parquet", 15}, FORMAT_PARQUET},
                 {{".zstd.parquet", 13}, FORMAT_PARQUET}, {{".gz.parquet", 11}, FORMAT_PARQUET}};
    enum file_format format = FORMAT_NONE;
    size_t longest = 0;
    *out_base = leaf;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (leaf.length > known[i].end.length && text_ends_with_fold(leaf, known[i].end) && known[i].end.length > longest) {
            longest = known[i].end.length;
            format = known[i].format;
            *out_base = without_end(leaf, longest);
        }
    }
    return format;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_separator(char byte)
{
    return byte == '_' || byte == '-' || byte == '.';
}

/* person_0001, person-part-3, person.7: the text before the number, or nothing when it has no number. */
static struct text without_part(struct text base)
{
    struct text cut = base;
    while (cut.length && is_digit(cut.data[cut.length - 1])) {
        cut.length--;
    }
    if (cut.length == base.length || !cut.length || !is_separator(cut.data[cut.length - 1])) {
        return (struct text){base.data, 0};
    }
    cut.length--;
    if (cut.length > 4 && text_ends_with_fold(cut, TEXT("part")) && is_separator(cut.data[cut.length - 5])) {
        cut.length -= 5;
    }
    return cut;
}

static int table_of(struct text base)
{
    const int table = omop_table_find(base);
    const struct text cut = without_part(base);
    return table >= 0 || !cut.length ? table : omop_table_find(cut);
}

struct file_naming naming_of_file(struct text leaf)
{
    struct text base;
    const enum file_format format = format_of(leaf, &base);
    return (struct file_naming){format, format == FORMAT_NONE ? -1 : table_of(base)};
}

int naming_of_directory(struct text leaf)
{
    struct text base;
    format_of(leaf, &base);
    return omop_table_find(base);
}

bool naming_is_hidden(struct text leaf)
{
    return leaf.length == 0 || leaf.data[0] == '.' || text_equal(leaf, TEXT("__MACOSX")) || text_equal(leaf, TEXT("_SUCCESS")) ||
           text_starts_with(leaf, TEXT("_committed")) || text_starts_with(leaf, TEXT("_started"));
}
