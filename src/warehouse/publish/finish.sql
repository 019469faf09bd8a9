-- SPDX-License-Identifier: EUPL-1.2
-- The last step: what was hidden under another name is there.
DROP TABLE @schema@.emc2_part;
UPDATE @schema@.emc2_publication SET finished = now(), row_count = @rows@;
ALTER SCHEMA @schema@ RENAME TO @name@
