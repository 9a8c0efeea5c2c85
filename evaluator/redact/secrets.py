"""API keys, tokens and private keys."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator

from evaluator.redact.finds import GAP, Find, View

_W = "[A-Za-z0-9_-]"
_PREFIXED = (
    rf"sk-ant-{_W}{{16,}}+",
    rf"[sp]k-lf-{_W}{{16,}}+",
    rf"sk-(?:proj-|svcacct-|admin-|or-v1-|None-)?{_W}{{20,}}+",
    rf"ll_(?:ingest|read|admin)_{_W}{{20,}}+",
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}+",
    r"gh[pousr]_[A-Za-z0-9]{30,}+",
    r"github_pat_\w{22,}+",
    rf"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-{_W}{{16,}}+",
    rf"xox[a-z]-{_W}{{10,}}+",
    rf"xapp-{_W}{{20,}}+",
    r"[spr]k_(?:live|test|prod)_[A-Za-z0-9]{10,}+",
    r"whsec_[A-Za-z0-9+/=]{20,}+",
    rf"AIza{_W}{{30,}}+",
    rf"ya29\.{_W}{{20,}}+",
    rf"GOCSPX-{_W}{{20,}}+",
    rf"SG\.{_W}{{16,}}+\.{_W}{{16,}}+",
    r"(?:SK|AC)[0-9a-f]{32}+",
    r"npm_[A-Za-z0-9]{30,}+",
    rf"pypi-{_W}{{30,}}+",
    r"hf_[A-Za-z0-9]{20,}+",
    (
        r"(?:gsk|xai|pplx|r8|nvapi|csk|fw|tvly|ntn|lin_api|dop_v1|doo_v1|glsa|sbp|lsv2_pt|lsv2_sk|pscale_tkn|sq0[a-z]{3}"
        rf"|shp(?:at|ca|pa|ss)|dckr_pat|rubygems|pat-na1|NRAK|HRKU)[_-]{_W}{{24,}}+"
    ),
    rf"hv[sb]\.{_W}{{20,}}+",
    r"dapi[0-9a-f]{32}+",
    r"key-[0-9a-f]{32}+",
    r"[0-9a-f]{32}-us[0-9]{1,2}",
    r"AGE-SECRET-KEY-1[0-9A-Z]{40,}+",
    rf"ey[JI][A-Za-z0-9_-]{{10,}}+\.[A-Za-z0-9_-]{{8,}}+(?:\.{_W}*+)?",
)
_TOKENS = re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(_PREFIXED)})(?![A-Za-z0-9])")
_KEY_PAIR = re.compile(r"(?:AccountKey|SharedAccessKey|[?&]sig)=([A-Za-z0-9+/%_=-]{20,}+)", re.IGNORECASE)
_LED = (
    (b"hooks.slack", re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9_/-]{16,}+)")),
    (b"accountkey=", _KEY_PAIR),
    (b"sharedaccesskey=", _KEY_PAIR),
    (b"sig=", _KEY_PAIR),
    (b":aa", re.compile(r"(?<!\w)([0-9]{8,10}:AA[A-Za-z0-9_-]{32,}+)")),
    (b"bearer", re.compile(r"(?<!\w)bearer\s{1,3}+([A-Za-z0-9._~+/=-]{16,}+)", re.IGNORECASE)),
)
"""What is in a text in lower case when the pattern may match."""
_BASIC = re.compile(r"(?<!\w)basic\s{1,3}+([A-Za-z0-9+/]{8,}+={0,2})", re.IGNORECASE)

_MARKER = re.compile(r"-----(?P<edge>BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BREAK = r"(?:\s|\\+[nr])*+"
_BODY = re.compile(
    rf"(?:{_BREAK}[A-Za-z-]{{4,12}}: [^\n\\\x00]{{1,80}}+)*+(?:{_BREAK}[A-Za-z0-9+/=]{{16,}}+)*+"
    rf"(?:{_BREAK}[A-Za-z0-9+/=]++(?={_BREAK}(?:-|\Z|{GAP})))?"
)
_LAST_LINES = re.compile(
    rf"(?:(?<![A-Za-z0-9+/=])|(?<=\\[nr]))(?:[A-Za-z0-9+/=]{{16,}}+{_BREAK})++(?:[A-Za-z0-9+/=]++{_BREAK})?+\Z"
)
_LONGEST_KEY = 20_000


def api_keys(view: View) -> Iterator[Find]:
    """Keys and tokens that their provider's prefix gives away, and what stands in an authorization header."""
    text = view.text
    if view.has_run:
        for start, end in view.runs():
            yield from (Find(*match.span(), "API_KEY", match[0]) for match in _TOKENS.finditer(text, start, end))
        for literal, pattern in _LED:
            if literal in view.lower:
                yield from (Find(*match.span(1), "API_KEY", match[1]) for match in pattern.finditer(text))
    if b"basic " in view.lower:
        for match in _BASIC.finditer(text):
            if _names_a_user(match[1]):
                yield Find(*match.span(1), "API_KEY", match[1])


def _names_a_user(encoded: str) -> bool:
    """Whether the text is a user's name and password in base64; "basic information" is not."""
    try:
        return b":" in b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except NotBase64:
        return False


def private_keys(view: View) -> Iterator[Find]:
    """PEM blocks, also those that were cut: without an end to the last line of the key, without a beginning from it."""
    if "PRIVATE KEY" not in view.text:
        return
    text, done = view.text, 0
    markers = list(_MARKER.finditer(text))
    for marker, following in zip(markers, [*markers[1:], None], strict=True):
        if marker.start() < done:
            continue
        if marker["edge"] == "BEGIN":
            start, end = marker.start(), _end_of_key(text, marker.end(), following)
        else:
            start, end = _start_of_key(text, max(done, marker.start() - _LONGEST_KEY), marker.start()), marker.end()
        done = end
        yield Find(start, end, "PRIVATE_KEY", text[start:end])


def _end_of_key(text: str, start: int, following: re.Match[str] | None) -> int:
    if following is not None and following["edge"] == "END":
        length = following.start() - start
        if length <= _LONGEST_KEY and GAP not in text[start : start + length]:
            return following.end()
    body = _BODY.match(text, start)
    return body.end() if body else start


def _start_of_key(text: str, least: int, end: int) -> int:
    before = _LAST_LINES.search(text[least:end])
    return least + before.start() if before else end
