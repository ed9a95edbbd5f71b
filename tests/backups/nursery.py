"""Backups and restores that can be killed: each line on stdin forks one, whose process id is printed.

A fork begins with everything loaded. A line is `backup`, `incremental` or `restore ID`.
"""

import os
import signal
import sys

from shared.backups.blob_store import open_blob_store
from shared.backups.full import back_up_full
from shared.backups.incremental import back_up_incremental
from shared.backups.restore import restore_backup


def main(backup_url: str, owner_url: str, store_url: str, key: str) -> None:
    """Until stdin ends."""
    keys = {"key-1": bytes.fromhex(key)}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            store = open_blob_store(store_url)  # its threads do not survive a fork
            match line.split():
                case ["restore", backup_id]:
                    restore_backup(owner_url, None, store, keys, backup_id)
                case ["incremental"]:
                    back_up_incremental(backup_url, None, store, keys)
                case _:
                    back_up_full(backup_url, None, store, keys)
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
