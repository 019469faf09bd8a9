-- SPDX-License-Identifier: EUPL-1.2
-- The same, with the rows that have no person that can be read.
SELECT @columns@ file_row_number FROM read_parquet(@path@, binary_as_string = true, file_row_number = true)
WHERE @person@ BETWEEN $1 AND $2 OR @person@ IS NULL
