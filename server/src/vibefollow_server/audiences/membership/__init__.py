"""Who is in an audience: kept current as things become known and as time passes, logged, compared."""
