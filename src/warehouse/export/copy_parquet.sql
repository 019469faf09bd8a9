-- SPDX-License-Identifier: EUPL-1.2
-- One table of the engine to one file; the rows are then dropped.
COPY @table@ TO @path@ (FORMAT parquet, COMPRESSION zstd)
