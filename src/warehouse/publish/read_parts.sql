-- SPDX-License-Identifier: EUPL-1.2
-- What was loaded already.
SELECT table_name, segment, first_row, row_count FROM @schema@.emc2_part
