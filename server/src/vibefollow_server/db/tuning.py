"""Settings of the embedded PostgreSQL: for steady ingest on a small machine.

Durability is untouched: fsync, full_page_writes and synchronous_commit stay on, as PostgreSQL ships them.
"""

import os
from pathlib import Path

MEBIBYTE = 1024 * 1024


def server_options(memory: int | None = None) -> dict[str, str]:
    """Return PostgreSQL settings for a machine of `memory` bytes (default: this one's)."""
    memory = memory or machine_memory()
    shared = min(max(memory // 8, 128 * MEBIBYTE), 2048 * MEBIBYTE)
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{shared // MEBIBYTE}MB",
        "effective_cache_size": f"{memory // 2 // MEBIBYTE}MB",
        "maintenance_work_mem": f"{min(memory // 32, 512 * MEBIBYTE) // MEBIBYTE}MB",
        "work_mem": "16MB",
        # The stock 1 GB forces a checkpoint every few seconds of full-speed ingest, and each stalls commits.
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "wal_buffers": "16MB",
        "autovacuum_naptime": "15s",
        "jit": "off",
        "log_min_messages": "warning",
        "log_checkpoints": "off",
        # Values of a failed statement are somebody's personal data.
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
        "log_line_prefix": "%m [%p] ",
    }


def machine_memory() -> int:
    """Return this machine's memory in bytes, or the container's share of it."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        share = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return whole
    return min(whole, int(share)) if share.isdigit() else whole
