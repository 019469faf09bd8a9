-- SPDX-License-Identifier: EUPL-1.2
-- What the schema holds, or is being filled with.
SELECT identity, finished IS NOT NULL FROM @schema@.emc2_publication
