"""Compiled templates kept in the instance folder, so that the first page after a start need not compile them.

What is read is run, so each file carries a signature made with the application's secret key, over the code and the
versions and options it was compiled with: a file that somebody else wrote, or of another version, counts as missing.
Where nothing can be written (a read-only file system) what is there is used, and nothing else happens.
"""

import contextlib
import hashlib
import hmac
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import jinja2
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

LARGEST = 2_000_000
"""Bytes of a compiled template that are read; the largest of ours has 60,000."""
SIGNATURE = hashlib.sha256().digest_size


class SignedBytecode(BytecodeCache):
    """Jinja's cache of compiled templates, one signed file each, in a folder of the application's own.

    Args:
        app: the application; its secret key signs, its instance folder holds the files.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.folder = Path(app.instance_path) / "compiled-templates"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from its file, if that is ours and of now."""
        try:
            with (self.folder / bucket.key).open("rb") as file:
                signature, compiled = file.read(SIGNATURE), file.read(LARGEST)
        except OSError:
            return
        expected = self.signature(bucket, compiled)
        if expected is not None and hmac.compare_digest(signature, expected):
            bucket.load_bytecode(io.BytesIO(compiled))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket's file, whole or not at all."""
        compiled = bucket.bytecode_to_string()
        signature = self.signature(bucket, compiled)
        if signature is None or len(compiled) >= LARGEST:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self.folder / bucket.key, signature + compiled)

    def signature(self, bucket: Bucket, compiled: bytes) -> bytes | None:
        """What vouches for a compiled template; None where there is no key."""
        secret = self.app.secret_key
        if not secret:
            return None
        main = secret.encode() if isinstance(secret, str) else secret
        key = hmac.digest(main, b"demijohn compiled templates", "sha256")
        signed = "\x00".join([bucket.key, *conditions(bucket.environment)]).encode() + b"\x00" + compiled
        return hmac.digest(key, signed, "sha256")


def conditions(environment: Any) -> list[str]:
    """What a compiled template depends on beside its source."""
    return [
        sys.implementation.cache_tag or "",
        jinja2.__version__,
        ",".join(sorted(environment.extensions)),
        str((environment.trim_blocks, environment.lstrip_blocks, environment.optimized, environment.is_async)),
    ]


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old one or the new one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
