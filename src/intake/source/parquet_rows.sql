-- SPDX-License-Identifier: EUPL-1.2
-- Rows of one file, from its footer.
SELECT num_rows FROM parquet_file_metadata(@path@)
