"""Rules that hold for the tracked files themselves."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("package-lock.json", "ui-tests/package-lock.json")
FUNDING = {"github.com", "opencollective.com", "tidelift.com", "eslint.org"}
EMPTY_NAMES = re.compile(r"(^|/)(utils?|helpers?|common|misc|base)\.(py|ts|tsx)$")


def tracked() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def text_of(name: str) -> str:
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_registry(lock: str) -> None:
    text = text_of(lock)
    assert '"resolved"' not in text
    assert set(re.findall(r'"https?://([^/"]+)', text)) <= FUNDING


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_is_complete_for_every_platform(lock: str) -> None:
    packages = json.loads(text_of(lock))["packages"]
    present = {path.rpartition("node_modules/")[2] for path in packages}
    wanted = {n for entry in packages.values() for n in entry.get("optionalDependencies", {})}
    assert wanted <= present, f"missing bindings: {sorted(wanted - present)[:5]}"


@pytest.mark.parametrize(
    "pattern",
    ["@rspack/binding-{}", "@esbuild/{}"],
)
@pytest.mark.parametrize(
    "platform", ["darwin-arm64", "darwin-x64", "linux-x64", "linux-arm64", "win32-x64"]
)
def test_lock_has_the_native_bindings(pattern: str, platform: str) -> None:
    text = text_of("package-lock.json")
    assert pattern.format(platform) in text


def test_package_json_and_lock_agree() -> None:
    manifest = json.loads(text_of("package.json"))
    root = json.loads(text_of("package-lock.json"))["packages"][""]
    for field in ("version", "dependencies", "devDependencies"):
        assert manifest[field] == root[field]


def test_versions_agree() -> None:
    version = json.loads(text_of("package.json"))["version"]
    assert f'"{version}"' in text_of("python_pkg/locuscope/_version.py")


def test_build_output_is_not_tracked() -> None:
    wrong = [n for n in tracked() if "/static/" in n or "/labextension/" in n]
    assert not wrong


def test_files_are_small_rooms() -> None:
    long = {
        name: lines
        for name in tracked()
        if name.endswith((".py", ".ts", ".tsx")) and (lines := text_of(name).count("\n")) > 400
    }
    assert not long, long
    named = [name for name in tracked() if EMPTY_NAMES.search(name)]
    assert not named, named


def test_no_large_file_beside_the_demo_bundle() -> None:
    large = [
        name
        for name in tracked()
        if (ROOT / name).stat().st_size > 2_000_000 and "demo/data/" not in name
    ]
    assert not large


def test_no_machine_path_and_no_registry_host() -> None:
    places = [str(ROOT.parent) + "/", str(Path.home()) + "/"]
    hosts = ["registry." + "npmjs", "files.python" + "hosted", "deb." + "debian"]
    wrong = [
        f"{name}: {needle}"
        for name in tracked()
        for needle in [*places, *hosts]
        if len(needle) > 3 and needle in text_of(name)
    ]
    assert not wrong, wrong


def test_words_are_the_same_everywhere() -> None:
    dev = re.search(r"WORDS = \((.*?)\)", text_of("dev.py"), re.DOTALL)
    assert dev
    words = set(re.findall(r'"(\w+)"', dev[1]))
    make = re.search(r"^\.PHONY: (.*)$", text_of("Makefile"), re.MULTILINE)
    assert make
    assert set(make[1].split()) == words
    readme = set(re.findall(r"`?make (\w+)", text_of("README.md") + text_of("CONTRIBUTING.md")))
    assert readme <= words
    assert {"demo", "test"} <= readme


def test_functions_fit_on_a_screen() -> None:
    lengths = []
    for path in (ROOT / "python_pkg").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body:
                    lengths.append((body[-1].end_lineno or 0) - body[0].lineno + 1)
    lengths.sort()
    assert lengths[int(len(lengths) * 0.9)] <= 50


def test_every_raise_is_typed() -> None:
    bare = []
    for path in (ROOT / "python_pkg").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = ast.unparse(node.exc.func)
                if name in ("Exception", "RuntimeError", "OSError"):
                    bare.append(f"{path.name}:{node.lineno} {name}")
            if isinstance(node, ast.Assert):
                bare.append(f"{path.name}:{node.lineno} assert")
    assert not bare, bare


def test_shipped_sources_run_no_data_as_code() -> None:
    forbidden = re.compile(
        r"^\s*(import|from) (pickle|joblib|dill|marshal)\b|(?<![.\w])(eval|exec)\("
        r"|allow_pickle=True|weights_only=False|innerHTML|new Function",
        re.MULTILINE,
    )
    wrong = [
        name
        for name in tracked()
        if name.startswith(("python_pkg/", "src/"))
        and name.endswith((".py", ".ts", ".tsx"))
        and forbidden.search(text_of(name))
    ]
    assert not wrong, wrong


def test_pins_cover_the_dependencies() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in text_of("constraints.txt").splitlines()
    }
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["dev"] + extras["io"]
    names = {re.split(r"[<>=;\[ ]", item)[0].lower().replace("_", "-") for item in wanted}
    assert names <= pins, sorted(names - pins)
