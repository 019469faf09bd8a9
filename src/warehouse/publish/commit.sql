-- SPDX-License-Identifier: EUPL-1.2
-- The end of a transaction.
COMMIT
