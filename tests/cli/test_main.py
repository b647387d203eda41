"""The command as a whole: sub-commands, help, exit codes and where the words go."""

from __future__ import annotations

import subprocess
import sys

import pytest

from locuscope import __version__, cli
from locuscope.errors import InputError


@pytest.fixture
def command(monkeypatch):
    """Replace what `check` does."""

    def install(run):
        monkeypatch.setattr("locuscope.cli.check.run", run)

    return install


def test_every_sub_command_has_help(capsys):
    for name in cli.COMMANDS:
        with pytest.raises(SystemExit) as ended:
            cli.main([name, "--help"])
        assert ended.value.code == 0
        assert f"locuscope {name}" in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.split() == ["locuscope", __version__]


def test_python_m_locuscope_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "locuscope", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["locuscope", __version__]
    wrong = subprocess.run(
        [sys.executable, "-m", "locuscope", "nonsense"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("locuscope: COMMAND: 'nonsense' is none of demo, ")
    assert wrong.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "locuscope: the following arguments are required: COMMAND; see locuscope --help."),
        (["scor"], "locuscope: COMMAND: 'scor' is none of the choices; did you mean score?"),
        (["check", "--nonsense"], "locuscope check: no option --nonsense; see locuscope check"),
        (["score", "m", "--windoww", "3"], "no option --windoww; did you mean --window or "),
        (["score", "m", "--worker=3", "-q"], "locuscope score: no option -q; see locuscope score"),
        (["score", "m", "more"], "locuscope score: one word too many: 'more'; see"),
        (["score", "m", "--window", "centred"], "--window: 'centred' is none of the choices; did"),
        (
            ["score", "m", "--window", "x"],
            ": 'x' is none of centered, restricted, overlap.",
        ),
        (
            ["score", "m", "--window-bp", "x"],
            "--window-bp takes a number; got 'x'.",
        ),
        (
            ["mutmap plot", "--figsize", "1"],
            "locuscope mutmap plot: argument --figsize",
        ),
        (["postproc", "score_variant"], "locuscope postproc: COMMAND: 'score_variant' is none of"),
    ],
)
def test_words_that_do_not_parse_end_in_a_sentence_and_two(words, said, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_the_exit_code_is_that_of_the_sub_command(command):
    command(lambda _: 1)
    assert cli.main(["check"]) == 1


def test_an_error_is_one_sentence_on_standard_error(command, capsys):
    def fail(_):
        message = "the file is empty"
        raise InputError(message, hint="give another")

    command(fail)
    assert cli.main(["check"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "locuscope check: the file is empty give another\n"


@pytest.mark.parametrize(
    ("name", "said", "shown"),
    [
        ("score", "check_assembly=False goes on.", "--no-check-assembly goes on."),
        ("score", "on_bad='flag' marks such rows.", "--on-bad flag marks such rows."),
        ("score", "window_bp=40 is short; rc=True", "--window-bp 40 is short; --rc"),
        ("check", "check_assembly=False goes on.", "check_assembly=False goes on."),
        ("score", "it is for files with compat=.", "it is for files with --compat."),
        ("score", "choose with tracks=, not where=", "choose with --tracks, not where="),
        ("score", "where=3, ID='x', rc=False, parse_check=True", None),
    ],
)
def test_options_are_named_as_the_command_line_has_them(name, said, shown, monkeypatch, capsys):
    def fail(_):
        raise InputError(said)

    monkeypatch.setattr(f"locuscope.cli.{name}.run", fail)
    words = {"score": ["m", "-i", "x.vcf", "-o", "x.tsv", "--genome", "x.fa"]}.get(name, [])
    assert cli.main([name, *words]) == 2
    assert capsys.readouterr().err == f"locuscope {name}: {shown or said}\n"


def test_the_keyboard_interrupts_with_130(command, capsys):
    def stop(_):
        raise KeyboardInterrupt

    command(stop)
    assert cli.main(["check"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_programming_error_is_not_hidden(command):
    def fail(_):
        raise ZeroDivisionError

    command(fail)
    with pytest.raises(ZeroDivisionError):
        cli.main(["check"])


def test_a_reader_that_goes_away_is_no_error():
    script = (
        "import sys; from locuscope import cli; import locuscope.cli.check as check\n"
        "check.run = lambda _: print('x' * 10_000_000) or 0\n"
        "sys.exit(cli.main(['check']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.read(10)
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert errors == b""


def test_help_loads_no_heavy_library():
    script = (
        "import sys; from locuscope import cli; cli.build_parser()\n"
        "heavy = ('torch', 'polars', 'pandas', 'bokeh', 'jupyterlab')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
