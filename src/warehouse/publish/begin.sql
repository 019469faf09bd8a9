-- SPDX-License-Identifier: EUPL-1.2
-- What follows is seen as a whole or not at all.
BEGIN
