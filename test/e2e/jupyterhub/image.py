"""Writes a container image (docker-archive) of the Python that runs this: interpreter, packages, libraries, no shell.

    VENV/bin/python image.py NAME:TAG FILE.tar [PATH | -PATTERN]...

Files are copied to the same paths as here, so that the environment works unchanged. Runs as user 1000. Each PATH is a
program or folder to add, with the libraries that it needs; files with a path that matches a PATTERN (a regular
expression) are left out.
"""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

HOME = "/home/jovyan"
LEFT_OUT = {"__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "pip"}


def link_chain(path: Path) -> list[Path]:
    """A path and its final target, with all links in between."""
    chain = [path]
    while chain[-1].is_symlink():
        chain.append(Path(os.path.normpath(chain[-1].parent / os.readlink(chain[-1]))))
    return chain


def tree(root: Path, leave_out: set[str]) -> list[Path]:
    found = []
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in leave_out and not name.startswith("config-"))
        found += [Path(folder, name) for name in sorted(files) if not name.endswith((".pyc", ".a"))]
    return found


def libraries(binaries: list[Path]) -> set[Path]:
    """What the dynamic loader would load, and the loader itself."""
    listed = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False).stdout
    return {Path(path) for path in re.findall(r"(/\S+\.so\S*) \(0x", listed)}


def is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def added(path: Path) -> list[Path]:
    return tree(path, LEFT_OUT) if path.is_dir() else link_chain(path)


def contents(more: list[Path], left_out: list[str]) -> list[Path]:
    interpreter = link_chain(Path(sys.executable))
    stdlib = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix}))
    files = interpreter + tree(stdlib, LEFT_OUT | {"site-packages", "dist-packages"})
    files += tree(Path(sys.prefix, "lib"), LEFT_OUT) + tree(Path(sys.prefix, "share"), LEFT_OUT)
    files += tree(Path(sys.prefix, "etc"), LEFT_OUT) + [Path(sys.prefix, "pyvenv.cfg")]
    files += [file for path in more for file in added(path)]
    files = [path for path in files if not any(re.search(pattern, str(path)) for pattern in left_out)]
    binaries = [path for path in files if is_binary(path)]
    wanted = {link for library in libraries(binaries) if library.exists() for link in link_chain(library)}
    return sorted({*files, *wanted})


def entry(name: str, kind: bytes, mode: int, owner: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name.lstrip("/"))
    info.type, info.mode, info.uid, info.gid = kind, mode, owner, owner
    return info


def layer(paths: list[Path]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        # Where this machine's own folders are links (/lib, /lib64), the image has them too.
        links = {parent for path in paths for parent in path.parents if parent.is_symlink()}
        folders = {
            parent
            for path in paths
            for parent in Path(os.path.realpath(path.parent), "x").parents
            if str(parent) != "/"
        }
        for folder in sorted(folders):
            tar.addfile(entry(str(folder), tarfile.DIRTYPE, 0o755))
        for link in sorted(links):
            info = entry(str(link), tarfile.SYMTYPE, 0o777)
            info.linkname = os.readlink(link)
            tar.addfile(info)
        for folder, mode, owner in [("/tmp", 0o1777, 0), ("/home", 0o755, 0), (HOME, 0o755, 1000), ("/etc", 0o755, 0)]:
            tar.addfile(entry(folder, tarfile.DIRTYPE, mode, owner))
        passwd = f"root:x:0:0::/:/nonexistent\njovyan:x:1000:1000::{HOME}:/nonexistent\n".encode()
        info = entry("/etc/passwd", tarfile.REGTYPE, 0o644)
        info.size = len(passwd)
        tar.addfile(info, io.BytesIO(passwd))
        for path in paths:
            name = str(Path(os.path.realpath(path.parent), path.name))
            if path.is_symlink():
                info = entry(name, tarfile.SYMTYPE, 0o777)
                info.linkname = os.readlink(path)
                tar.addfile(info)
            else:
                data = path.read_bytes()
                info = entry(name, tarfile.REGTYPE, 0o755 if os.access(path, os.X_OK) else 0o644)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def main(name: str, file: str, *arguments: str) -> None:
    more = [Path(argument) for argument in arguments if not argument.startswith("-")]
    filesystem = layer(contents(more, [argument[1:] for argument in arguments if argument.startswith("-")]))
    folders = dict.fromkeys([f"{sys.prefix}/bin", *(str(path.parent) for path in more if path.is_file())])
    digest = hashlib.sha256(filesystem).hexdigest()
    config = {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine],
        "os": "linux",
        "config": {
            "User": "1000:1000",
            "WorkingDir": HOME,
            "Env": [f"HOME={HOME}", f"PATH={':'.join(folders)}", "PYTHONDONTWRITEBYTECODE=1"],
            "Cmd": [sys.executable, "-m", "jupyterhub.singleuser"],
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    text = json.dumps(config).encode()
    image = f"{hashlib.sha256(text).hexdigest()}.json"
    manifest = json.dumps([{"Config": image, "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(f"{file}.new", "w") as archive:
        for part, data in [(image, text), ("layer.tar", filesystem), ("manifest.json", manifest)]:
            info = tarfile.TarInfo(part)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    os.replace(f"{file}.new", file)


main(*sys.argv[1:])
