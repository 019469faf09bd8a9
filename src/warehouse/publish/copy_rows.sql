-- SPDX-License-Identifier: EUPL-1.2
-- Rows of one part, in the binary form.
COPY @schema@.@table@ (@columns@) FROM STDIN (FORMAT binary)
