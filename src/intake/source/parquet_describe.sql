-- SPDX-License-Identifier: EUPL-1.2
-- Names and types of the columns of one file. binary_as_string: older writers do not mark texts as such.
DESCRIBE SELECT * FROM read_parquet(@path@, binary_as_string = true)
