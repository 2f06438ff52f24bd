"""Writes the table of a topic that was copied to a file of JSON lines, as CSV: duckdb-table.py COPY TABLE."""

import sys

import duckdb

_, copy, table = sys.argv
duckdb.sql(f"""
    WITH records AS (SELECT * FROM read_ndjson('{copy}')),
    -- A tombstone clears its key, and "u" replaces what it has: nothing before the last of them counts.
    replaced AS (SELECT key, max("offset") AS last FROM records WHERE row IS NULL OR op = 'u' GROUP BY key)
    SELECT unnest(row) FROM records LEFT JOIN replaced USING (key)
    WHERE row IS NOT NULL AND "offset" >= coalesce(last, 0)
    ORDER BY 1
""").write_csv(table)
