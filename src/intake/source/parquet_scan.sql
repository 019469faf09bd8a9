-- SPDX-License-Identifier: EUPL-1.2
-- Rows of one file; the last column is the position of the row in the file, from 0.
SELECT @columns@ file_row_number FROM read_parquet(@path@, binary_as_string = true, file_row_number = true)
