"""Running an installation: its data directory and processes, its examination, its backups."""
