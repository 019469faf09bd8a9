-- SPDX-License-Identifier: EUPL-1.2
-- $1: the table, $2: its person, $3: the table whose shards it lies beside, or none.
SELECT create_distributed_table($1::text::regclass, $2::text, colocate_with => $3::text)
