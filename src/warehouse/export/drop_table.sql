-- SPDX-License-Identifier: EUPL-1.2
DROP TABLE @table@
