"""What the machine could do, measured in the run that the results stand in."""

import os
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor

from nacl.bindings import crypto_sign_open
from nacl.signing import SigningKey

from table import heading, row


def measure_limits(folder, seconds):
    heading("limits of this machine")
    fsyncs = rate(seconds, fsync_loop(os.path.join(folder, "fsync")))
    row("fsyncs of 4 KiB", f"{fsyncs:,.0f} /s", f"{1e3 / fsyncs:.3f} ms each")
    verifies = rate(seconds, verify_loop())
    row("Ed25519 verifications, one core", f"{verifies:,.0f} /s", f"{1e6 / verifies:.0f} µs each, libsodium")
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        together = sum(pool.map(verify_rate, [seconds] * cores))
    row(f"the same on all {cores} cores at once", f"{together:,.0f} /s", f"{together / verifies:.1f} times one core")
    rows = sqlite_rows(os.path.join(folder, "rows.sqlite"), seconds)
    row("SQLite rows in one transaction", f"{rows:,.0f} /s", "WAL, FULL, a primary key and an index")
    return {"fsync_ms": 1e3 / fsyncs, "fsyncs": fsyncs, "verifies": verifies, "rows": rows}


def rate(seconds, step):
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        step()
        count += 1
    return count / elapsed


def fsync_loop(path):
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    block = bytes(4096)

    def step():
        os.write(file, block)
        os.fdatasync(file)

    return step


def verify_rate(seconds):
    return rate(seconds, verify_loop())


def verify_loop():
    key = SigningKey.generate()
    signed = bytes(key.sign(bytes(300)))
    public = bytes(key.verify_key)
    return lambda: crypto_sign_open(signed, public)


def sqlite_rows(path, seconds):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE r(id BLOB PRIMARY KEY, kind INTEGER, value BLOB) STRICT, WITHOUT ROWID")
    db.execute("CREATE INDEX r_kind ON r(kind)")
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        db.execute("BEGIN")
        db.executemany("INSERT INTO r VALUES(?, ?, ?)", [(os.urandom(16), n, bytes(200)) for n in range(2_000)])
        db.execute("COMMIT")
        count += 2_000
    return count / elapsed
