"""What one apprise service is told: the arguments of its plugin, and words that fit into its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from evaluator.alerts.message import Event, Message
from evaluator.alerts.plain import plain
from evaluator.alerts.wording import render_text, title

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

KINDS = {"critical": "failure", "warning": "warning", "info": "info"}
"""The severity in apprise's words."""
LIMITS = {"slack": (150, 3000), "ntfy": (200, 3900), "ntfys": (200, 3900)}
"""Letters of a title and a text that a service takes, where apprise's own limit lets more through: Slack refuses larger
blocks (https://docs.slack.dev/reference/block-kit/blocks/header-block), ntfy makes files of messages above 4,096 bytes
(https://docs.ntfy.sh/publish/#limitations), which apprise counts in JSON."""
MERGED = frozenset({"mapping", "details"})
"""Arguments that hold ours and what the URL says."""
MARGIN = 16
"""Letters that apprise puts between a title and a text that share a limit."""


class Service:
    """An apprise plugin and the arguments that its URL gave it. They hold secrets."""

    def __init__(self, arguments: Mapping[str, Any], plugin: NotifyBase) -> None:
        self._arguments = arguments
        self._plugin = plugin

    @property
    def takes_files(self) -> bool:
        """Whether files go along with a message. Of Slack's ways in, only a bot takes them."""
        bot = not self._is("slack") or getattr(self._plugin, "mode", "") == "bot"
        return bool(self._plugin.attachment_support) and bot

    def plugin(self, message: Message) -> NotifyBase:
        """The plugin for this message: what pages somebody, pages once per incident and resolves it."""
        given = self._given(message)
        # Better a message without its key than none: a URL may have arguments that do not go with ours.
        return (load({**self._arguments, **given}, self._plugin.asset) if given else None) or self._plugin

    def words(self, message: Message) -> tuple[str, str, str]:
        """Title, text and the text's format (text, markdown or html), short enough for the service.

        PagerDuty has one line of summary; the text goes into the incident's details. What only knows Markdown gets it:
        in texts of ours nothing is markup, and escaping the dots and brackets would make them hard to read.
        """
        heading, text = title(message.data), render_text(message.data)
        titles, letters = self._limits()
        if self._is("pagerduty"):
            return "", cut(heading, letters), "text"
        heading = cut(heading, titles) if titles > 0 else heading
        if message.event == Event.DIGEST and self._format("html") == "html":
            return heading, "".join(f"<p>{escape(line)}</p>\n" for line in text.splitlines()), "html"
        room = letters - (len(heading) + MARGIN if self._share(titles) else 0)
        form = "markdown" if self._format("text") == "markdown" else "text"
        return heading, self._fitted(text.splitlines(), room, form), form

    def _given(self, message: Message) -> dict[str, Any]:
        """Arguments that the URL leaves open: a key per incident, and the page that a touch opens."""
        known = self._plugin.template_args
        incident = message.data.get("incident") or {}
        key = incident.get("incident_id") or message.event_id
        wanted = {"dedup": key, "alias": key, "click": incident.get("link") or message.data.get("link")}
        given = {name: value for name, value in wanted.items() if name in known and value}
        if "dedup" in known:
            given["action"] = "map"  # "resolved" resolves, everything else triggers
        if "alias" in known:
            given["mapping"] = {"info": "new", **self._arguments.get("mapping", {})}
        if self._is("pagerduty"):
            given |= _details(message, self._arguments.get("details", {}))
        return {name: value for name, value in given.items() if name in MERGED or not self._arguments.get(name)}

    def _is(self, schema: str) -> bool:
        return bool(self._arguments.get("schema") == schema)

    def _limits(self) -> tuple[int, int]:
        own = self._plugin.title_maxlen, self._plugin.body_maxlen
        titles, letters = LIMITS.get(self._arguments["schema"], own)
        return min(titles, own[0]), min(letters, own[1])

    def _share(self, titles: int) -> bool:
        """Whether title and text stand in one field."""
        return titles <= 0 or bool(self._plugin.overflow_amalgamate_title)

    def _format(self, told: str) -> str:
        """What the service makes of a text in this format: text, html or markdown."""
        return str(self._plugin.resolve_format(told).value)

    def _fitted(self, every: Sequence[str], letters: int, form: str) -> str:
        """The first lines and the last one, the link, as far as they fit once apprise has escaped them."""
        from apprise.conversion import convert_between

        def joined(lines: Sequence[str]) -> str:
            return ("\n\n" if form == "markdown" else "\n").join(lines)

        def fits(lines: Sequence[str]) -> bool:
            shown = convert_between(form, self._format(form), joined(lines))  # type: ignore[no-untyped-call]
            return len(json.dumps(shown) if self._arguments["schema"].startswith("ntfy") else shown) <= letters

        if fits(every):
            return joined(every)
        *lines, link = every
        while lines and not fits([*lines, "…", link]):
            lines.pop()
        return joined([*lines, "…", link]) if lines else cut(every[0], letters)


def load(arguments: Mapping[str, Any], asset: AppriseAsset) -> NotifyBase | None:
    """The plugin that these arguments make; None when they make none. What is too long comes in parts."""
    from apprise import Apprise

    return Apprise.instantiate({"overflow": "split", **arguments}, asset=asset)


def kind(message: Message) -> str:
    """The kind of notification, in apprise's words; it decides colours, priorities and whether a page is resolved."""
    if message.event == Event.RESOLVED:
        return "success"
    if message.event in (Event.TEST, Event.DIGEST):
        return "info"
    return KINDS.get(message.data.get("severity", "critical"), "failure")


def cut(text: str, limit: int) -> str:
    """The text, cut to `limit` letters, one at least."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def _details(message: Message, own: Mapping[str, str]) -> dict[str, Any]:
    """What PagerDuty shows of the incident beside its summary. `source` is what is affected: the feature."""
    monitor = message.data.get("monitor") or {}
    told = {name: plain(str(monitor.get(name) or ""), 100) for name in ("feature", "judge", "metric")}
    text = {"text": render_text(message.data)}
    details = {**{name: value for name, value in told.items() if value}, **text, **own}
    return {"source": told["feature"] or "Leadline", "component": told["judge"] or told["metric"], "details": details}
