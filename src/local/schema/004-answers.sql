-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Stemma authors
--
-- How a store answered: requests by the first digit of their status.
ALTER TABLE totals ADD COLUMN answered_2xx INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN answered_3xx INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN answered_4xx INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN answered_5xx INTEGER NOT NULL DEFAULT 0;
