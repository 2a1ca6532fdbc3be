"""The report: what matters in a table, on one page that needs no network."""
