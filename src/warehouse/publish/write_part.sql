-- SPDX-License-Identifier: EUPL-1.2
-- In the transaction of the rows themselves.
INSERT INTO @schema@.emc2_part (table_name, segment, first_row, row_count) VALUES ($1, $2, $3, $4)
