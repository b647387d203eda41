"""The only writer of results: files and folders appear whole, under their name, or not at all.

`publish` and `publish_folder` let a caller write under a temporary name beside the target, bring
the bytes to disk and rename. `write_manifest` and `read_manifest` record and verify a folder. `Job`
is work in parts that a killed process loses at most one of; `Lock` keeps its folder to one writer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.store.callables import code_digest, code_digests
    from locuscope.store.hdf5_output import Hdf5Output
    from locuscope.store.job import Job
    from locuscope.store.job_places import finished_parts
    from locuscope.store.lock import Lock
    from locuscope.store.manifest import FORMAT_VERSION, read_manifest, write_manifest
    from locuscope.store.publishing import (
        check_target,
        digest_file,
        missing_file,
        publish,
        publish_folder,
        require_space,
    )

__all__ = [
    "FORMAT_VERSION",
    "Hdf5Output",
    "Job",
    "Lock",
    "check_target",
    "code_digest",
    "code_digests",
    "digest_file",
    "finished_parts",
    "missing_file",
    "publish",
    "publish_folder",
    "read_manifest",
    "require_space",
    "write_manifest",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "FORMAT_VERSION": ".manifest",
        "Hdf5Output": ".hdf5_output",
        "Job": ".job",
        "Lock": ".lock",
        "check_target": ".publishing",
        "code_digest": ".callables",
        "code_digests": ".callables",
        "digest_file": ".publishing",
        "finished_parts": ".job_places",
        "missing_file": ".publishing",
        "publish": ".publishing",
        "publish_folder": ".publishing",
        "read_manifest": ".manifest",
        "require_space": ".publishing",
        "write_manifest": ".manifest",
    },
)
