/* SPDX-License-Identifier: EUPL-1.2 */
/* Look-ups in the generated tables of the OMOP Common Data Model. Names are few (39 tables, at most 23 fields), and asked for when a
 * file is opened, so a plain scan is enough. */
#include "warehouse/omop/omop.h"
#include "warehouse/omop/omop_facts.h"
#include <assert.h>

const struct omop_table_info *omop_table(int table)
{
    assert(table >= 0 && table < OMOP_TABLE_COUNT);
    return &tables[table];
}

int omop_table_find(struct text name)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        if (text_equal_fold(text_of(tables[table].name), name)) {
            return table;
        }
    }
    return -1;
}

int omop_field_find(int table, struct text name)
{
    const struct omop_table_info *info = omop_table(table);
    for (int field = 0; field < info->field_count; field++) {
        const char *old = info->fields[field].renamed_from;
        if (text_equal_fold(text_of(info->fields[field].name), name) || (old && text_equal_fold(text_of(old), name))) {
            return field;
        }
    }
    return OMOP_NO_FIELD;
}

const char *omop_type_name(enum omop_type type)
{
    static const char *const names[] = {
        [OMOP_INTEGER] = "integer", [OMOP_FLOAT] = "float", [OMOP_DATE] = "date", [OMOP_DATETIME] = "datetime", [OMOP_TEXT] = "varchar",
    };
    assert((unsigned)type < sizeof(names) / sizeof(names[0]));
    return names[type];
}
