"""Makes a data folder ready and says how its server is started: cluster, settings, socket, user, lock."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import redis as redis_client

from oms.embedded.programs import find_postgres, find_redis
from oms.embedded.server import Server, ServerFault, User

ROLE = "oms"
SOCKET_PATH_LIMIT = 100

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "max_parallel_workers_per_gather": "0",  # a container's /dev/shm is small, and our statements are short
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
DURABLE = {"shared_buffers": "256MB", "max_wal_size": "2GB"}
THROWAWAY = {
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def postgres(data_dir: Path, *, durable: bool, preload: str = "") -> Server:
    """A running PostgreSQL on `data_dir` (made on first use); `durable=False` may lose all when the machine fails.

    `preload`: a library of the server that is loaded at its start, such as `pg_stat_statements`.
    """
    return prepare_postgres(data_dir, durable=durable, preload=preload).start()


def redis(data_dir: Path, *, durable: bool) -> Server:
    """A running Redis on `data_dir`; durable writes an append-only file every second."""
    return prepare_redis(data_dir, durable=durable).start()


def prepare_postgres(data_dir: Path, *, durable: bool, preload: str = "") -> Server:
    """Everything but the start: the lock on the folder, the cluster, the programs where their user can reach them."""
    data_dir, user = data_dir.resolve(), _server_user()
    lock = _lock(data_dir)
    socket_dir = _socket_dir(data_dir, user)
    bin_dir = _reachable(find_postgres(), data_dir, user)
    cluster = data_dir / "data"
    if not (cluster / "PG_VERSION").exists():
        _initdb(bin_dir, cluster, user, durable=durable)
    settings = POSTGRES_SETTINGS | (DURABLE if durable else THROWAWAY) | {"unix_socket_directories": str(socket_dir)}
    settings |= {"shared_preload_libraries": preload} if preload else {}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Server(
        name="postgresql",
        url=f"postgresql://{ROLE}@/postgres?host={socket_dir}",
        data_dir=data_dir,
        socket_dir=socket_dir,
        command=(str(bin_dir / "postgres"), "-D", str(cluster), *options),
        user=user,
        stop_signal=signal.SIGINT if durable else signal.SIGQUIT,
        answers_at=_postgres_answers,
        lock=lock,
    )


def prepare_redis(data_dir: Path, *, durable: bool) -> Server:
    """Everything but the start. Redis runs as the caller, root too: it has no TCP port and its folders are private."""
    data_dir, user = data_dir.resolve(), User(os.getuid(), os.getgid())
    lock = _lock(data_dir)
    socket_dir = _socket_dir(data_dir, user)
    kept = data_dir / "data"
    kept.mkdir(mode=0o700, exist_ok=True)
    options = {
        "--port": "0",
        "--unixsocket": f"{socket_dir}/redis.sock",
        "--unixsocketperm": "700",
        "--dir": str(kept),
        "--save": "",
        "--appendonly": "yes" if durable else "no",
        "--appendfsync": "everysec",
        "--maxmemory-policy": "noeviction",
    }
    return Server(
        name="redis",
        url=f"unix://{socket_dir}/redis.sock?db=0",
        data_dir=data_dir,
        socket_dir=socket_dir,
        command=(str(find_redis()), *(part for pair in options.items() for part in pair)),
        user=user,
        stop_signal=signal.SIGTERM,
        answers_at=_redis_answers,
        lock=lock,
    )


def _server_user() -> User:
    """Ourselves; for root, whom PostgreSQL refuses, `nobody`."""
    if os.getuid() != 0:
        return User(os.getuid(), os.getgid())
    nobody = pwd.getpwnam("nobody")
    return User(nobody.pw_uid, nobody.pw_gid)


def _lock(data_dir: Path) -> int:
    """Take the folder for this process; the kernel gives it free when we die, however we die."""
    data_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ServerFault(f"{data_dir} is in use by another run: stop that one or name another folder") from None
    return handle


def _socket_dir(data_dir: Path, user: User) -> Path:
    """A private folder for the socket, below the data folder if its path is not too long for a socket."""
    folder = data_dir / "socket"
    if len(f"{folder}/.s.PGSQL.5432.lock") >= SOCKET_PATH_LIMIT:
        name = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"oms-{name}"
        if len(f"{folder}/.s.PGSQL.5432.lock") >= SOCKET_PATH_LIMIT:
            raise ServerFault(f"the path {folder} is too long for a socket: set TMPDIR to a short one, such as /tmp")
    folder.mkdir(mode=0o700, exist_ok=True)
    if stat.S_ISLNK(folder.lstat().st_mode) or folder.lstat().st_uid not in (user.uid, os.getuid()):
        raise ServerFault(f"{folder} belongs to somebody else: remove it")
    os.chown(folder, user.uid, user.gid)
    return folder


def _reachable(bin_dir: Path, data_dir: Path, user: User) -> Path:
    """`bin_dir`, or a copy below `data_dir` when `user` cannot enter a folder above it; never opens that folder."""
    if user.uid == os.getuid():
        return bin_dir
    if not _can_enter(data_dir, user):
        raise ServerFault(
            f"user nobody, as whom PostgreSQL runs under root, cannot enter {data_dir}: name a data folder elsewhere, "
            "such as below /var/tmp"
        )
    if _can_enter(bin_dir, user):
        return bin_dir
    package, copy = bin_dir.parent.parent, data_dir / "programs"
    if not copy.exists():
        half = data_dir / "programs.half"
        shutil.rmtree(half, ignore_errors=True)
        # The programs find their libraries by a relative path, in the folder beside the package.
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, half / folder.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        half.chmod(0o755)
        half.rename(copy)
    return copy / package.name / bin_dir.relative_to(package)


def _can_enter(folder: Path, user: User) -> bool:
    return all(_bits(path.stat(), user) & 1 for path in (folder, *folder.parents))


def _bits(status: os.stat_result, user: User) -> int:
    shift = 6 if status.st_uid == user.uid else 3 if status.st_gid == user.gid else 0
    return status.st_mode >> shift & 7


def _initdb(bin_dir: Path, cluster: Path, user: User, *, durable: bool) -> None:
    half = cluster.with_name("data.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    os.chown(half, user.uid, user.gid)
    locale = "C.UTF-8" if sys.platform == "linux" else "C"
    command = [str(bin_dir / "initdb"), "-D", str(half), "-U", ROLE, "--auth=trust", f"--locale={locale}"]
    command += ["--encoding=UTF8", "--no-instructions", *([] if durable else ["--no-sync"])]
    as_user = {} if user.uid == os.getuid() else {"user": user.uid, "group": user.gid, "extra_groups": []}
    made = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **as_user)  # type: ignore[call-overload]
    if made.returncode != 0:
        raise ServerFault(f"initdb failed: {made.stderr.strip()}")
    half.rename(cluster)


def _postgres_answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _redis_answers(url: str) -> bool:
    with redis_client.Redis.from_url(url, socket_timeout=2) as client:
        try:
            return bool(client.ping())
        except redis_client.RedisError:
            return False
