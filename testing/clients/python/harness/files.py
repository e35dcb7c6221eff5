"""Files of a server's data directory, looked at while it may take them away: what is gone by then is not there."""

import contextlib
import os
import pathlib


def each_file(folder, look):
    """The files below a folder, each with what `look` says of it."""
    for directory, _, names in os.walk(folder):
        for path in (pathlib.Path(directory, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and not path.is_symlink():
                    yield path, look(path)


def file_sizes(folder):
    """The sizes of the files below a folder."""
    return [size for _, size in each_file(folder, lambda path: path.stat().st_size)]


def files_holding(folder, marker):
    """The files below a folder that hold the marker."""
    return [path for path, data in each_file(folder, pathlib.Path.read_bytes) if marker in data]
