"""Recordings as tables: their schema, the rows of a recording, Arrow, Parquet, and SQL over them.

The schema is a table of columns (`schema`). An interaction gives rows of each table (`rows`), rows
become Arrow batches without secrets (`arrow`, `reading`), and batches become one table in memory
(`in_memory`) or Parquet files (`store`). `sql` runs DuckDB over either. pyarrow and duckdb are
imported only where they are needed; the schema works without them.
"""
