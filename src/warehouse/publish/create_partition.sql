-- SPDX-License-Identifier: EUPL-1.2
-- One of the parts by the hash of the person.
CREATE TABLE @schema@.@partition@ PARTITION OF @schema@.@table@ FOR VALUES WITH (MODULUS @modulus@, REMAINDER @remainder@)
