"""PostgreSQL: the embedded server, connections, and the migrations."""
