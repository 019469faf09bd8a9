-- SPDX-License-Identifier: EUPL-1.2
-- An earlier publication, or one that nobody can go on with.
DROP SCHEMA @schema@ CASCADE
