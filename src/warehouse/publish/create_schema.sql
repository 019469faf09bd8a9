-- SPDX-License-Identifier: EUPL-1.2
-- The schema that is filled, and the two tables by which a publication goes on after an interruption.
CREATE SCHEMA @schema@;
CREATE TABLE @schema@.emc2_publication (
    identity text NOT NULL,
    begun timestamp with time zone NOT NULL DEFAULT now(),
    finished timestamp with time zone,
    row_count bigint
);
CREATE TABLE @schema@.emc2_part (
    table_name text NOT NULL,
    segment integer NOT NULL,
    first_row bigint NOT NULL,
    row_count bigint NOT NULL,
    PRIMARY KEY (table_name, segment, first_row)
)
