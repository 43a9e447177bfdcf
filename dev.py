"""The one script of a checkout: makes the environment from the hash-pinned locks, then runs what is asked.

Needs CPython 3.11 to 3.13 with its venv module, nothing else. OMS_VENV names another folder for the environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("OMS_VENV") or ROOT / ".venv").resolve()
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "oms-installed"
OLDEST, NEWEST = (3, 11), (3, 13)
#: The gate deals the same harm every time; other seeds by `python3 dev.py torture`.
TORTURE_SEED = "20261128"
#: of a gate that failed, told again at the end: a service that runs them keeps only the end of what was printed
LAST_LINES = 40
LOCKS = ("demo", "dev")  # each holds the one before it
COMMANDS = {
    "setup": "make the environment with everything in it",
    "demo": "a business day on real servers; --exit stops after it, --report FILE keeps the result as JSON",
    "test": "all tests, in parallel; further words go to pytest (`python3 dev.py test tests/unit -x`)",
    "check": "every gate: format, lint, types, imports, tests with branch coverage, torture, benchmarks",
    "bench": "what is fast, measured and held against its limit",
    "torture": "orders under kill -9, cut networks and full disks",
}


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        say(usage())
        return 0
    command, rest = arguments[0], arguments[1:]
    if command not in COMMANDS:
        say(f"dev.py knows no command {command!r}.\n{usage()}")
        return 2
    return {"setup": setup, "demo": demo, "test": test, "check": check, "bench": bench, "torture": torture}[command](
        rest
    )


def usage() -> str:
    lines = [f"  python3 dev.py {name:<8} {about}" for name, about in COMMANDS.items()]
    return "\n".join(["usage:", *lines])


def say(text: str) -> None:
    print(text, flush=True)


# ------------------------------------------------------------------ commands


def setup(rest: list[str]) -> int:
    ensure("dev")
    say(f"ready: {VENV}")
    return 0


def demo(rest: list[str]) -> int:
    ensure("demo")
    return become([str(PYTHON), "-m", "oms.demo", *rest])


def bench(rest: list[str]) -> int:
    ensure("demo")
    os.chdir(ROOT)
    return become([str(PYTHON), "-m", "bench", *rest])


def torture(rest: list[str]) -> int:
    ensure("dev")
    os.chdir(ROOT)
    return become([str(PYTHON), "-m", "tests.torture", *rest])


def test(rest: list[str]) -> int:
    ensure("dev")
    os.chdir(ROOT)
    return become(pytest_command(rest))


def check(rest: list[str]) -> int:
    """Every gate, one after another, all of them even when one fails; then what failed, once more, and a table."""
    ensure("dev")
    os.chdir(ROOT)
    results = [(name, *run_gate(name, command)) for name, command in gates(rest)]
    for name, last, _ in results:
        if last:
            say(f"\n== {name} FAILED, and said at its end:\n{last}")
    say(
        "\n"
        + "\n".join(f"{'FAILED' if last else 'passed':<8}{name:<28}{seconds:7.1f} s" for name, last, seconds in results)
    )
    return 1 if any(last for _, last, _ in results) else 0


def gates(rest: list[str]) -> list[tuple[str, list[str]]]:
    module = [str(PYTHON), "-m"]
    return [
        ("format (ruff)", [*module, "ruff", "format", "--check", "."]),
        ("lint (ruff)", [*module, "ruff", "check", "."]),
        ("types (mypy --strict)", [*module, "mypy"]),
        ("names in tests (mypy)", [*module, "mypy", "tests", "bench", "dev.py"]),
        ("imports (import-linter)", [str(VENV / "bin" / "lint-imports"), "--no-logo"]),
        ("tests, sizes, documents", pytest_command(["--cov", "--cov-report=term:skip-covered", *rest])),
        ("torture, short forms", [*module, "tests.torture", "--level", "ci", "--seed", TORTURE_SEED]),
        ("benchmarks against their baseline", [*module, "bench", "--check"]),
    ]


def run_gate(name: str, command: list[str]) -> tuple[str, float]:
    """Its last lines if it failed, which gates after it push out of sight, else nothing; and its seconds."""
    say(f"\n== {name}: {shlex.join(command[1:])}")
    began = time.monotonic()
    last: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as gate:
        for line in gate.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            last.append(line)
    told = "".join(last) or "(nothing)"
    return told if gate.returncode else "", time.monotonic() - began


def pytest_command(rest: list[str]) -> list[str]:
    workers = (
        [] if any(word.startswith(("-n", "--numprocesses")) for word in rest) else ["-n", "2", "--dist", "worksteal"]
    )
    return [str(PYTHON), "-m", "pytest", *workers, *rest]


def become(command: list[str]) -> int:
    sys.stdout.flush()
    os.execv(command[0], command)


# ------------------------------------------------------------------ the environment


def ensure(level: str) -> None:
    """Make or renew the environment; at once when its stamp says that nothing has changed."""
    refuse_unfit_python()
    if is_installed(level):
        return
    with open(__file__, "rb") as script:  # two runs at once would install over each other
        fcntl.flock(script, fcntl.LOCK_EX)
        if not is_installed(level):
            install(level)


def refuse_unfit_python() -> None:
    version = sys.version_info[:2]
    if not OLDEST <= version <= NEWEST:
        stop(f"this is Python {version[0]}.{version[1]}; oms needs CPython 3.11 to 3.13: type `python3.11 dev.py ...`")
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        stop("this Python has no venv module: type `apt-get install python3-venv` (as root), then try again")


def is_installed(level: str) -> bool:
    """Does the stamp name this Python, these locks, and this level or a higher one?"""
    try:
        done = STAMP.read_text().split()
    except OSError:
        return False
    return done[:1] == [fingerprint()] and done[1] in LOCKS[LOCKS.index(level) :] and PYTHON.exists()


def fingerprint() -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in LOCKS:
        digest.update((ROOT / "requirements" / f"{name}.lock").read_bytes())
    return digest.hexdigest()


def install(level: str) -> None:
    began = time.monotonic()
    make_venv()
    STAMP.unlink(missing_ok=True)
    lock = ROOT / "requirements" / f"{level}.lock"
    say(f"installing {lock.name} into {VENV}")
    if not (get_uv() and install_with_uv(lock)):
        say("uv cannot install here; pip does it, which takes about a minute")
        quietly([str(PYTHON), "-m", "pip", "install", "--require-hashes", "-r", str(lock)], "pip could not install")
    link_checkout()
    STAMP.write_text(f"{fingerprint()} {level}\n")
    say(f"environment ready in {time.monotonic() - began:.0f} s")


def make_venv() -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    try:
        fits = PYTHON.exists() and f"version = {version}." in (VENV / "pyvenv.cfg").read_text()
    except OSError:
        fits = False
    if fits:
        return
    say(f"making {VENV} with Python {version}")
    hint = f"cannot make {VENV}: make its folder writable, or name another one with OMS_VENV"
    quietly([sys.executable, "-m", "venv", "--clear", str(VENV)], hint)


def get_uv() -> bool:
    command = [str(PYTHON), "-m", "pip", "install", "-q", "--require-hashes", "-r"]
    lock = ROOT / "requirements" / "installer.lock"
    return subprocess.run([*command, str(lock)], capture_output=True, check=False).returncode == 0


def install_with_uv(lock: Path) -> bool:
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
    index = os.environ.get("PIP_INDEX_URL")
    if index:
        environment.setdefault("UV_DEFAULT_INDEX", index)
    command = [
        str(PYTHON),
        "-m",
        "uv",
        "pip",
        "install",
        "-q",
        "--compile-bytecode",
        "--require-hashes",
        "-r",
        str(lock),
    ]
    return subprocess.run(command, env=environment, check=False).returncode == 0


def link_checkout() -> None:
    """Make the checkout importable and give it its command `oms`."""
    library = VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (library / "oms.pth").write_text(f"{ROOT}\n")
    script = VENV / "bin" / "oms"
    script.write_text(f"#!{PYTHON}\nimport sys\n\nfrom oms.cli import main\n\nsys.exit(main())\n")
    script.chmod(0o755)


def quietly(command: list[str], hint: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        stop(f"{(done.stderr or done.stdout).strip()}\n{hint}")


def stop(message: str) -> None:
    print(f"dev.py: {message}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
