-- SPDX-License-Identifier: EUPL-1.2
-- Columns of which the footer says that every row group is NULL throughout: they need not be read.
SELECT path_in_schema FROM parquet_metadata(@path@)
GROUP BY path_in_schema
HAVING count(stats_null_count) = count(*) AND sum(stats_null_count) = sum(num_values)
