"""One offline file: nothing in it can end its element, load from outside, or run unasked."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import MissingFileError
from locuscope.widgets import page
from locuscope.widgets.page import (
    BOOT,
    KINDS,
    Program,
    escape_json,
    escape_script,
    escape_style,
    mount,
    view_page,
)
from locuscope.widgets.view import VIEW_MIME

PROGRAM = Program(
    {"track_browser": "export default {}; // </script><b>"},
    {"track_browser": "a{content:'</style>'}"},
    "export function boot() {}",
)
HOSTILE = '</script><script>window.__pwned=1</script><!-- \u2028 & "'


class Elements(html.parser.HTMLParser):
    """Scripts, styles and everything that could load or run."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])

        self.open = self.found[-1]

    def handle_endtag(self, tag):
        self.open = None

    def handle_data(self, data):
        if self.open is not None:
            self.open[2] += data

    def of(self, tag):
        return [(attrs, text) for name, attrs, text in self.found if name == tag]


def scripts(text):
    return Elements(text).of("script")


def test_a_page_holds_its_parts_in_the_agreed_form():
    text = view_page(PROGRAM, {"name": HOSTILE}, HOSTILE)
    kinds = [(attrs.get("type"), sorted(attrs)) for attrs, _ in scripts(text)]
    assert kinds == [
        (VIEW_MIME, ["data-lsc-view", "type"]),
        ("text/plain", ["data-lsc-esm", "type"]),
        ("text/plain", ["data-lsc-standalone", "type"]),
        ("module", ["type"]),
    ]
    assert mount("view-1") in text
    ((data, _),) = [item for item in scripts(text) if item[0]["type"] == VIEW_MIME]
    assert data["data-lsc-view"] == "view-1"
    assert [attrs for attrs, _ in Elements(text).of("style") if "data-lsc-css" in attrs]


@pytest.mark.fault("X1")
def test_hostile_text_stays_text():
    text = view_page(PROGRAM, {"name": HOSTILE}, HOSTILE)
    parsed = Elements(text)
    assert len(parsed.of("script")) == 4
    assert not parsed.of("b")
    view = next(body for attrs, body in parsed.of("script") if attrs["type"] == VIEW_MIME)
    assert json.loads(view) == {"name": HOSTILE}
    assert "window.__pwned" not in re.sub(
        r"<script.*?</script>", "", text, flags=re.DOTALL
    ).replace("window.__pwned=1&lt;/script&gt;", "")


def test_the_policy_allows_the_one_script_and_nothing_from_outside():
    text = view_page(PROGRAM, {}, "x")
    (policy,) = [
        attrs["content"] for attrs, _ in Elements(text).of("meta") if "http-equiv" in attrs
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["connect-src"] == rules["base-uri"] == "'none'"
    assert rules["form-action"] == "'none'"
    running = [body for attrs, body in scripts(text) if attrs["type"] == "module"]
    digest = base64.b64encode(hashlib.sha256(running[0].encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}' blob:"
    for _, body in Elements(text).of("style"):
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules["style-src"]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_no_address_in_the_page():
    text = view_page(Program({"a": ""}, {"a": ""}, ""), {}, "x")
    assert not re.search(r"https?:|//[a-z]", text)
    assert "eval" not in BOOT


@given(st.text())
def test_json_cannot_end_its_script(text):
    escaped = escape_json({"text": text})
    assert not set("<>&\u2028\u2029") & set(escaped)
    assert json.loads(escaped) == {"text": text}


@pytest.mark.parametrize("code", ["</script>", "</SCRIPT >", "<!--", "a</Script\n"])
def test_code_cannot_end_its_script(code):
    escaped = escape_script(f'const x = "{code}";')
    assert not re.search(r"</script|<!--", escaped, re.IGNORECASE)
    assert len(scripts(f"<script>{escaped}</script><script></script>")) == 2
    assert escaped.replace("\\x3c", "<") == f'const x = "{code}";'


def test_style_cannot_end_its_element():
    assert "</style" not in escape_style("a{} </STYLE><b>").lower()


@pytest.mark.parametrize("kinds", [["track_browser"], KINDS])
def test_a_page_holds_the_program_of_every_kind_once(kinds):
    program = Program({k: f"// {k}" for k in kinds}, {k: f"/* {k} */" for k in kinds}, "")
    text = view_page(program, {}, "x")
    for kind in KINDS:
        assert text.count(f'data-lsc-esm="{kind}"') == (kind in kinds)
        assert text.count(f'data-lsc-css="{kind}"') == (kind in kinds)
    (policy,) = [
        attrs["content"] for attrs, _ in Elements(text).of("meta") if "http-equiv" in attrs
    ]
    for _, body in Elements(text).of("style"):
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_an_unbuilt_page_side_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "STATIC", tmp_path)
    (tmp_path / "track_browser.js").write_text("x")
    with pytest.raises(MissingFileError, match=r"track_browser.css, standalone.js missing"):
        Program.load(["track_browser"])
    for name in ("track_browser.css", "standalone.js"):
        (tmp_path / name).write_text(name)
    assert Program.load(["track_browser"]) == Program(
        {"track_browser": "x"}, {"track_browser": "track_browser.css"}, "standalone.js"
    )
    with pytest.raises(MissingFileError, match=r"facet_panel.js, facet_panel.css missing"):
        Program.load()
