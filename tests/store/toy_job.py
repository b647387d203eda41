"""A small verb over `Job`: squares of numbers, in parts of four, into files and one folder."""

from __future__ import annotations

from pathlib import Path

from locuscope.store import Job, publish

PART_ROWS = 4


def no_step(what):
    """Called before each step; tests pass something that stops there."""


def squares(
    target: Path,
    n_rows: int = 10,
    *,
    also: tuple[Path, ...] = (),
    is_folder: bool = False,
    restart: bool = False,
    step=no_step,
    computed: list[int] | None = None,
    **facts: object,
) -> tuple[str, list[int], list[str]]:
    """Give the state that was found, the parts that were computed, and the notes."""
    computed = [] if computed is None else computed
    with Job.open(
        target,
        verb="squares",
        facts={"n_rows": n_rows, **facts},
        part_rows=PART_ROWS,
        also=also,
        is_folder=is_folder,
        suffix=".txt",
        adopt={"batch_size": 3},
        restart=restart,
    ) as job:
        if job.state == "finished":
            return job.state, computed, job.notes
        state = job.state
        for i in range(max(1, -(-n_rows // PART_ROWS))):
            if job.has(i):
                continue
            step(f"compute {i}")
            rows = (PART_ROWS * i, min(n_rows, PART_ROWS * (i + 1)))
            text = "".join(f"{k * k}\n" for k in range(*rows))
            computed.append(i)
            job.write(i, rows, lambda path, text=text: in_two(path, text, step), counts=count(rows))
        files = [*([] if is_folder else [target]), *also]
        job.finish(n_rows, publish_files=lambda folder: assemble(folder, job, files, step))
    return state, computed, job.notes


def count(rows):
    return {"ok": rows[1] - rows[0]}


def in_two(path, text, step):
    """Write in two halves, so that a stop in between leaves half a file."""
    with path.open("w") as file:
        file.write(text[: len(text) // 2])
        file.flush()
        step("half a file")
        file.write(text[len(text) // 2 :])


def assemble(folder, job, files, step):
    text = "".join(part.read_text() for part in job.parts)
    for path in files:
        publish(path, lambda place: in_two(place, text, step))
    publish(folder / "tracks.parquet", lambda place: in_two(place, "tracks", step))


def expected(n_rows=10):
    return "".join(f"{k * k}\n" for k in range(n_rows))


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
