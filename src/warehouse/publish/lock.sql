-- SPDX-License-Identifier: EUPL-1.2
-- Held until the connection ends: one publication into a schema at a time.
SELECT pg_try_advisory_lock(hashtextextended('emc2 publish ' || $1, 0))
