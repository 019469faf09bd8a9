-- SPDX-License-Identifier: EUPL-1.2
-- What was copied to a file is no longer held in memory.
DROP TABLE @table@
