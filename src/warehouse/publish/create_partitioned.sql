-- SPDX-License-Identifier: EUPL-1.2
-- A table whose rows belong to persons.
CREATE TABLE @schema@.@table@ (@columns@) PARTITION BY HASH (@person@)
