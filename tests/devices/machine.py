"""A virtual machine with a real webcam and a real virtual camera.

    python3 tests/devices/machine.py prepare [--install]
    python3 tests/devices/machine.py run [--seconds S] [--memory MB] [--out DIR] COMMAND ...

``/dev/video0`` is the kernel's test driver vivid: many sizes and formats, faults on demand, can be
unplugged. ``/dev/video20`` is v4l2loopback with exclusive_caps=1. The machine sees this machine's
files read-only, and keeps what is written in memory; DIR is writable at /out. The command runs as
root in the current folder, and its exit code is returned (124 when time is up).

Needs Debian or a relative on x86-64: a kernel and the source of v4l2loopback come from its
packages, and nothing is loaded into this machine's own kernel. ``--install`` installs what is
missing; without it, ``Unavailable`` says what that is. The processor is emulated, so that it runs
anywhere: booting takes about 10 s, and programs run about 10 times slower. It shows that things
work, not how fast.
"""

from __future__ import annotations

import argparse
import gzip
import io
import lzma
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

STATE = Path(os.environ.get("STREAMDEFOCUS_MACHINE", "~/.cache/streamdefocus/machine")).expanduser()

_PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "depmod": "kmod",
    "make": "make",
    "gcc": "gcc",
}
_HEADERS = "linux-headers-amd64"
_INSTALL = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]

_MODULES = {
    "virtio_pci": "",
    "9pnet_virtio": "",
    "9p": "",
    "overlay": "",
    "vivid": "n_devs=1 node_types=0x1",
    "v4l2loopback": "devices=1 video_nr=20 card_label=streamdefocus exclusive_caps=1",
}
"""What the machine loads, after what these need, with the options of each."""

_PROCESSOR = "max,-avx,-avx2,-fma,-f16c"
"""Without AVX: QEMU 7.2 emulates it slowly, and so that NumPy ended in segmentation faults."""

_OUT_OF_TIME = 124

_INIT = """#!/bin/busybox sh
export PATH=/bin
bb=/bin/busybox
$bb mkdir -p /proc /sys /dev /host /fresh /all
$bb mount -t proc proc /proc; $bb mount -t sysfs sys /sys; $bb mount -t devtmpfs dev /dev
while read -r module options; do
  $bb insmod /modules/$module $options || echo "the module $module could not be loaded"
done </modules/order
share() { $bb mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2"; }
share host /host ro,cache=loose
$bb mount -t tmpfs fresh /fresh; $bb mkdir /fresh/changes /fresh/work
$bb mount -t overlay -o lowerdir=/host,upperdir=/fresh/changes,workdir=/fresh/work all /all
$bb mkdir -p /all/out; share out /all/out rw
for folder in proc sys dev; do $bb mount --move /$folder /all/$folder; done
$bb mkdir -p /all/dev/shm; $bb mount -t tmpfs shm /all/dev/shm
$bb ip link set lo up; $bb dmesg -n 1
$bb chroot /all /bin/sh /out/.command
echo $? >/all/out/.status
$bb sync; $bb poweroff -f
"""


class Unavailable(Exception):  # noqa: N818  # a reason to skip, not an error
    """The machine cannot be built here; the text says why and what to do."""


def prepare(install: bool = False) -> None:
    """Build the machine, once; takes about a minute.

    Args:
        install: Install missing packages, which only root can.

    Raises:
        Unavailable: This is no Debian, or something is missing.
    """
    if (STATE / "ready").is_file():
        return
    if platform.machine() != "x86_64" or not shutil.which("apt-get"):
        raise Unavailable("the virtual machine is built from packages of Debian for x86-64")
    _check_tools(install)
    STATE.mkdir(parents=True, exist_ok=True)
    version = _kernel_headers()[-1].name.removeprefix("linux-headers-")
    try:
        _unpack(f"linux-image-{version}", "kernel")
        _unpack("v4l2loopback-dkms", "loopback")
        modules = [_build_loopback(version), *_modules_of_kernel(version)]
        (STATE / "initrd").write_bytes(_initrd(modules))
        shutil.copy(STATE / f"kernel/boot/vmlinuz-{version}", STATE / "vmlinuz")
    except subprocess.CalledProcessError as error:
        told = (error.stderr or b"").decode(errors="replace").strip().splitlines()[-1:]
        raise Unavailable(f"the virtual machine could not be built: {error}; {told}") from error
    (STATE / "ready").write_text(version)


def run(
    command: Sequence[str], out: Path | None = None, seconds: float = 300, memory_mb: int = 3072
) -> int:
    """Run a command in the machine; its output goes to stdout.

    Args:
        command: The program and its arguments.
        out: Folder that the machine sees, and can write to, at /out.
        seconds: Until the machine is switched off.
        memory_mb: Of the machine.

    Returns:
        The exit code of the command; 124 when time was up.
    """
    with tempfile.TemporaryDirectory() as spare:
        folder = (out or Path(spare)).resolve()
        keep = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
        lines = [f"export {name}={shlex.quote(value)}" for name, value in keep.items()]
        lines += [f"cd {shlex.quote(str(Path.cwd()))}", shlex.join(command), ""]
        (folder / ".command").write_text("\n".join(lines))
        status = folder / ".status"
        status.unlink(missing_ok=True)
        _boot(folder, seconds, memory_mb)
        return int(status.read_text()) if status.is_file() else _OUT_OF_TIME


def _boot(out: Path, seconds: float, memory_mb: int) -> None:
    share = "local,security_model=none,path={},mount_tag={}"
    arguments = [
        *("timeout", "-k", "5", str(seconds)),  # ends it even if this program has ended before
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", _PROCESSOR),
        *("-smp", str(os.cpu_count() or 1), "-m", str(memory_mb), "-nic", "none", "-no-reboot"),
        *("-display", "none", "-monitor", "none", "-serial", "stdio"),
        *("-kernel", str(STATE / "vmlinuz"), "-initrd", str(STATE / "initrd")),
        *("-append", "console=ttyS0 quiet panic=-1"),
        *("-virtfs", share.format("/", "host") + ",readonly=on,multidevs=remap"),
        *("-virtfs", share.format(out, "out")),
    ]
    with subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as machine:
        assert machine.stdout is not None
        try:
            for line in machine.stdout:
                sys.stdout.write(line.decode(errors="replace").replace("\r", ""))
                sys.stdout.flush()
        finally:
            machine.terminate()


def _check_tools(install: bool) -> None:
    missing = [package for tool, package in _PACKAGES.items() if not shutil.which(tool)]
    if not _kernel_headers():
        missing.append(_HEADERS)
    if not missing:
        return
    if not install:
        raise Unavailable(
            f"the virtual machine needs {', '.join(missing)}; "
            "try: sudo python3 tests/devices/machine.py prepare --install"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["apt-get", "update", "-qq"], [*_INSTALL, *missing]):
        subprocess.run(arguments, check=True, env=environment, stdout=subprocess.DEVNULL)


def _kernel_headers() -> list[Path]:
    """Folders with headers of Debian's kernels, the newest last."""
    folders = Path("/usr/src").glob("linux-headers-*-amd64")
    return sorted(folders, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)[:-1]])


def _unpack(package: str, name: str) -> None:
    """Download a package and unpack it into a folder, without installing it."""
    folder = STATE / name
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as downloads:
        Path(downloads).chmod(0o777)  # apt downloads as a user of its own
        subprocess.run(
            ["apt-get", "download", package], check=True, cwd=downloads, capture_output=True
        )
        (file,) = Path(downloads).glob("*.deb")
        subprocess.run(["dpkg", "-x", str(file), str(folder)], check=True, capture_output=True)


def _build_loopback(version: str) -> Path:
    (source,) = (STATE / "loopback/usr/src").glob("v4l2loopback-*")
    headers = f"/usr/src/linux-headers-{version}"
    make = ["make", "-s", "-C", headers, f"M={source}", "modules"]
    subprocess.run(make, check=True, capture_output=True)
    return source / "v4l2loopback.ko"


def _modules_of_kernel(version: str) -> Iterator[Path]:
    """Files of the wanted modules and of what they need, in the order of loading."""
    root = STATE / "kernel"
    subprocess.run(["depmod", "-b", str(root), version], check=True, capture_output=True)
    library = next(path.parent for path in root.rglob("modules.dep"))
    needs = {}
    for line in (library / "modules.dep").read_text().splitlines():
        file, _, needed = line.partition(":")
        needs[_module_name(Path(file))] = [*reversed(needed.split()), file]
    told: dict[str, None] = {}
    for module in _MODULES:
        told |= dict.fromkeys(needs.get(module, []))
    return (library / file for file in told)


def _module_name(file: Path) -> str:
    return file.name.partition(".")[0].replace("-", "_")


def _initrd(modules: Sequence[Path]) -> bytes:
    """The first files that the machine sees: busybox, the modules, and what to do with them."""
    ordered = [*modules[1:], modules[0]]  # the loopback, built here, needs what the others bring
    busybox = Path(shutil.which("busybox") or "")
    archive = io.BytesIO()
    for folder in ("bin", "modules"):
        _add(archive, folder, b"", 0o40755)
    _add(archive, "bin/busybox", busybox.read_bytes(), 0o100755)
    _add(archive, "init", _INIT.encode(), 0o100755)
    order = []
    for file in ordered:
        name = _module_name(file)
        content = file.read_bytes()
        _add(
            archive,
            f"modules/{name}.ko",
            lzma.decompress(content) if file.suffix == ".xz" else content,
        )
        order.append(f"{name}.ko {_MODULES.get(name, '')}\n")
    _add(archive, "modules/order", "".join(order).encode())
    _add(archive, "TRAILER!!!", b"")
    return gzip.compress(archive.getvalue(), 1)


def _add(archive: io.BytesIO, name: str, content: bytes, mode: int = 0o100644) -> None:
    """Append a file to an archive of the kind that kernels unpack (cpio, "new ASCII" format)."""
    inode = archive.tell() + 1
    fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    archive.write(b"070701" + b"".join(b"%08x" % field for field in fields))
    archive.write(name.encode() + b"\0")
    archive.write(b"\0" * (-archive.tell() % 4))
    archive.write(content)
    archive.write(b"\0" * (-archive.tell() % 4))


def main() -> int:
    """The command line described above."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    build = actions.add_parser("prepare")
    build.add_argument("--install", action="store_true")
    start = actions.add_parser("run")
    start.add_argument("--seconds", type=float, default=300)
    start.add_argument("--memory", type=int, default=3072)
    start.add_argument("--out", type=Path)
    start.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    try:
        if options.action == "prepare":
            prepare(options.install)
            return 0
        prepare()
    except Unavailable as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 1
    return run(options.command, options.out, options.seconds, options.memory)


if __name__ == "__main__":
    sys.exit(main())
