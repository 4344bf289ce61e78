"""Foreign HTML: what is safe stays, what loads or runs never does."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.text import MAX_HTML, clean, fold_hashtag, hashtags_in, paragraphs, plain

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.gif'>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<p onclick="alert(1)" style="background:url(javascript:x)" id="top" class="evil">x</p>',
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<iframe src='https://evil.example/'></iframe>",
    "<object data='x.swf'></object><embed src='x.swf'>",
    "<style>@import url(https://evil.example/x.css)</style>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<form action='https://evil.example'><input name=q><button>go</button></form>",
    "<video src='https://evil.example/v.mp4' autoplay></video>",
    "<template><img src=x onerror=alert(1)></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    '"><img src=x onerror=alert(1)>',
    "<details open ontoggle=alert(1)>x</details>",
    "<a href='https://ok.example' target=_blank ping='https://evil.example'>x</a>",
    "<span dir=rtl lang=ar data-x=1 contenteditable>x</span>",
    "<table background='https://evil.example/x.gif'><tr><td>x</table>",
]  # fmt: skip

HARMLESS_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em", "h3", "h4", "h5", "h6", "i",
    "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small", "span", "strong", "sub", "sup", "u", "ul",
}  # fmt: skip
HARMLESS_ATTRIBUTES = {"href", "rel", "class", "start", "dir", "lang"}


class Found(HTMLParser):
    """Every tag and attribute that a browser would see."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")


def assert_harmless(cleaned: str) -> None:
    found = Found(cleaned)
    assert found.tags - HARMLESS_TAGS == set()
    assert found.attributes.keys() - HARMLESS_ATTRIBUTES == set()
    assert [href for href in found.attributes.get("href", ()) if not re.match(r"https?://", href)] == []
    assert found.attributes.get("rel", set()) <= {"nofollow noopener noreferrer ugc"}
    for classes in found.attributes.get("class", ()):
        assert set(classes.split()) <= {"mention", "hashtag", "invisible", "ellipsis"}


@pytest.mark.parametrize(
    ("foreign", "cleaned"),
    [
        ('<p lang="x><img>">a</p>', "<p>a</p>"),
        ('<p lang="en-GB" dir="RTL">a</p>', '<p lang="en-GB" dir="rtl">a</p>'),
        ('<p lang="" dir="x>">a</p>', "<p>a</p>"),
        ('<ol start="1>2"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol start="-3"><li>a</li></ol>', '<ol start="-3"><li>a</li></ol>'),
    ],
)
def test_an_attribute_says_only_what_it_is_for(foreign: str, cleaned: str) -> None:
    assert clean(foreign) == cleaned


@given(st.text(alphabet="<>\"'&=/ ab:", max_size=30))
def test_no_attribute_holds_a_bracket(inside: str) -> None:
    """What splits cleaned markup at its tags (the phrase that is marked, say) relies on it."""
    for quote in "\"'":
        cleaned = clean(f"<p lang={quote}{inside}{quote}><a href={quote}https://a.example/{inside}{quote}>b</a></p>")
        left = re.sub(r"</?[a-z][a-z0-9]*(?: [a-z]+=\"[^\"<>]*\")*>", "", cleaned)
        assert not re.search("[<>]", left)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_loads_or_runs_passes(attack: str) -> None:
    cleaned = clean(f"<p>before {attack} after</p>")

    assert_harmless(cleaned)
    assert "before" in cleaned
    assert "alert(1)" not in "".join(Found(cleaned).attributes)


@given(
    st.lists(st.sampled_from([*ATTACKS, "<p>", "</p>", "<", ">", '"', "'", "&lt;", "words"]), max_size=8).map("".join)
)
def test_no_mixture_of_attacks_passes(mixture: str) -> None:
    assert_harmless(clean(mixture))
    assert clean(clean(mixture)) == clean(mixture)


def test_words_links_and_simple_structure_stay() -> None:
    foreign = (
        '<p>Ahoy <a href="https://a.example/x" class="mention u-url" target="_blank">@<span>ana</span></a></p>'
        '<blockquote>wise</blockquote><ol start="3"><li>one</li></ol><pre><code>x &lt; y</code></pre>'
    )

    assert clean(foreign) == (
        '<p>Ahoy <a href="https://a.example/x" class="mention" rel="nofollow noopener noreferrer ugc">'
        "@<span>ana</span></a></p>"
        '<blockquote>wise</blockquote><ol start="3"><li>one</li></ol><pre><code>x &lt; y</code></pre>'
    )


def test_a_bomb_is_cut() -> None:
    assert len(clean("<b>" * MAX_HTML + "x" * MAX_HTML)) <= 4 * MAX_HTML


def test_plain_text_keeps_words_and_line_breaks() -> None:
    assert plain("<p>One<br>two  &amp;\tthree</p><p>four</p><ul><li>a</li><li>b</li></ul><script>x</script>") == (
        "One\ntwo & three\n\nfour\n\na\n\nb"
    )


def test_plain_text_becomes_paragraphs_that_say_the_same() -> None:
    text = "One <two>\nthree & four\n\nfive"

    assert paragraphs(text) == "<p>One &lt;two&gt;<br>three &amp; four</p><p>five</p>"
    assert plain(paragraphs(text)) == text


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#one and #two, #one again", ("one", "two")),
        ("no#tag, /#anchor, &#38; #123 #", ()),
        ("#Übung #日本語 ＃full #a_b-c", ("Übung", "日本語", "full", "a_b")),
        ("(#in) #2026harbour!", ("in", "2026harbour")),
    ],
)
def test_hashtags_are_found_in_plain_text(text: str, tags: tuple[str, ...]) -> None:
    assert hashtags_in(text) == tags


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("#Harbour26", "harbour26"),
        ("Café", "cafe\u0301"),
        ("CAFÉ", "cafe"),
        ("ＰｙＣｏｎ", "pycon"),
        ("straße", "STRASSE"),
        ("Ørsted", "orsted"),
        ("ŁÓDŹ", "lodz"),
        ("Ðakovo", "đakovo"),
        ("Ħŧ", "ht"),
        ("ǼON", "aeon"),
        ("Œuvre", "oeuvre"),
        ("Þing", "thing"),
    ],
)
def test_hashtags_compare_without_case_width_and_accents(left: str, right: str) -> None:
    assert fold_hashtag(left) == fold_hashtag(right)


def test_different_hashtags_stay_different() -> None:
    assert len({fold_hashtag(tag) for tag in ("harbour26", "harbour2", "harbor26", "日本", "日本語")}) == 5
