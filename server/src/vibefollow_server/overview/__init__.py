"""The first page of the dashboard: numbers over days, what is so now, and what waits for somebody."""
