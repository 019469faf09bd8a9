-- SPDX-License-Identifier: EUPL-1.2
-- The same for the persons $1 to $2.
SELECT @columns@ file_row_number FROM read_parquet(@path@, binary_as_string = true, file_row_number = true)
WHERE @person@ BETWEEN $1 AND $2
