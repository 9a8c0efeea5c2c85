"""What is told in words: a title and a text that read well on a phone, whatever the samples say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evaluator.alerts.alarm import WHOLE, by_now
from evaluator.alerts.plain import plain
from evaluator.monitors.words import RATE_OF_JUDGE, noun, share
from store.records import Json

OTHERS = 5
"""How many of an incident's other alerts a text names."""
WHYS = {"wider": "new to this channel"}
"""Why an update comes, where another word says it better to people."""
STORM = 3
"""An incident of more features than this is told by their number."""


def title(data: Json) -> str:
    """One line of any message: a test, a report, or an incident with its severity and how much there is of it."""
    if "test" in data:
        return f"Test of the channel {plain(data['channel'], 40)}"
    if "digest" in data:
        return plain(data["digest"]["title"], 200)
    incident = data.get("incident")
    if incident is None:
        return _title(data)
    said = headline(data, incident["count"])
    if data.get("state") == "resolved":
        return said
    why = data["update"]["why"] if "update" in data else ""
    update = f" ({plain(WHYS.get(why, why), 40)})" if why else ""
    return f"{data['severity'].capitalize()}{update}: {said}"


def headline(lead: Json, count: int) -> str:
    """An incident in a line: its lead, and how many more alerts it has; of a storm, how large it is."""
    listed = (lead.get("incident") or {}).get("alerts", ())
    features = {one["feature"] for one in listed}
    if len(features) > STORM:
        over = lead.get("state") == "resolved"
        at_least = "" if count == len(listed) else "at least "
        found = f"{count} alerts of {at_least}{len(features)} features that began at one time"
        return f"{'Resolved: ' if over else ''}{found}"
    more = f" (+{count - 1} more)" if count > 1 else ""
    return f"{_title(lead)}{more}" if "monitor" in lead else "an alert without evidence"


def _title(evidence: Json) -> str:
    """One alert in a line: which feature and judge, the share and what it was."""
    monitor, value, baseline = evidence["monitor"], evidence["value"], evidence["baseline"]
    name = " · ".join(plain(part, 60) for part in (monitor["feature"], monitor["judge"]) if part)
    if rule := evidence.get("rule"):
        return f"{'Resolved: ' if evidence.get('state') == 'resolved' else ''}{name}: {plain(rule['in_words'], 120)}"
    now = by_now(evidence).get("rate")
    if evidence.get("state") == "resolved":
        back = evidence["recovery"]["rate"] if "recovery" in evidence else now
        return f"Resolved: {name}{'' if back is None else f': {_share(evidence)} {_percent(back)}'}"
    seen = f"now {_percent(now)}" if now is not None else _percent(value["rate"])
    return f"{name}: {_share(evidence)} {seen}, was {_percent(baseline['rate'])}"


def render_text(data: Json) -> str:
    """The message: value, baseline, drop, onset, evidence, what else, examples and the link, one fact per line."""
    if "test" in data:
        return plain(data["text"], 300)
    if "digest" in data:
        # Names in it were made plain where it was written (evaluator.report); its links are our own.
        return str(data["digest"]["text"])
    evidence, resolved = data, data.get("state") == "resolved"
    if "rule" in evidence:
        return "\n".join([*_of_rule(evidence), *_incident(evidence), evidence["link"]])
    began = [_since(evidence), *_marker(evidence), *_happened(evidence)]
    lines = [*(_recovery(evidence) if resolved else ()), *_what(evidence), *began, _sure(evidence)]
    lines += _coverage(evidence)
    if evidence["flags"]:
        lines.append("Note: " + ", ".join(plain(flag, 60).replace("_", " ") for flag in evidence["flags"]))
    lines += _incident(evidence)
    if not resolved:
        lines += [line for number, example in enumerate(evidence["examples"], 1) for line in _example(number, example)]
    return "\n".join([*lines, evidence["link"]])


def _incident(data: Json) -> Iterator[str]:
    """Who it belongs to, and the other alerts of its incident."""
    incident = data.get("incident")
    if incident is None:
        return
    owner = f"Owner: {plain(data['owner'], 60)}" if data.get("owner") else ""
    has = incident["assignee"] or incident["acknowledged_by"]
    if who := ". ".join(part for part in (owner, f"{plain(has, 60)} sees to it" if has else "") if part):
        yield who
    others = incident["alerts"][1:]
    if others:
        yield f"{incident['count'] - 1} more in this incident:"
        yield from (f"- {one['title']}{_why_quiet(one)}" for one in others[:OTHERS])
    if data.get("state") != "resolved":
        yield f"Acknowledge, silence or see all of it: {incident['link']}"
    elif others:
        yield f"All of them: {incident['link']}"


def _why_quiet(listed: Json) -> str:
    """Why nobody would be told of this alert by itself."""
    return " (explained)" if listed["explained_by"] else " (silenced)" if listed["silenced"] else ""


def _coverage(evidence: Json) -> Iterator[str]:
    """How much of what was to be judged has a verdict; alerts from before it was asked do not say."""
    if (found := evidence.get("coverage")) and found["in_words"]:
        yield found["in_words"]


def _of_rule(evidence: Json) -> list[str]:
    """A plain rule: what it is, what it shows, and how often it would fire for nothing."""
    rule, resolved = evidence["rule"], evidence.get("state") == "resolved"
    shown = "Pass rate" if rule["kind"] == "drop" else "Share over the limit"
    figure = f" (now {rule['observed']:,.0f})" if rule["kind"] == "quantile" and rule["observed"] is not None else ""
    back = f": {shown.lower()} {_rate(evidence['recovery'])}" if "recovery" in evidence else ""
    return [
        *([f"Resolved at {_time(evidence.get('resolved_at'))}{back}.", "When it fired:"] if resolved else ()),
        f"Plain rule ‘{plain(rule['name'], 60)}’: {plain(rule['in_words'], 120)}{figure}",
        f"{shown} {_rate(evidence['value'])}",
        f"Baseline {_rate(evidence['baseline'])}",
        _sentence(evidence["evidence"]["in_words"]),
    ]


def _recovery(evidence: Json) -> list[str]:
    """That it is over: the share came back, or people ended it, wherever it stood then."""
    at, incident = _time(evidence.get("resolved_at")), evidence.get("incident") or {}
    now = f": {_share(evidence)} {_rate(evidence['recovery'])}" if "recovery" in evidence else ""
    if (by := incident.get("resolved_by")) and not now:
        note = f": {plain(incident['resolved_note'], 200)}" if incident.get("resolved_note") else ""
        last = by_now(evidence).get("rate")
        seen = [] if last is None else [f"The last look saw {_share(evidence)} {_percent(last)}."]
        return [f"Ended by hand by {plain(by, 60)} at {at}{note}", *seen, "When it fired:"]
    return [f"Resolved at {at}{now}.", "When it fired:"]


def _what(evidence: Json) -> list[str]:
    drop, told = evidence["drop"], _sentence(_share(evidence))
    now = drop.get("now") if evidence.get("state") != "resolved" else None
    change = _change(evidence, now, "at the same mix") if now else ""
    rate = (now or {}).get("rate")  # messages of older versions do not say
    seen = f"{told} by now {_percent(rate)}: {_lower(change)}" if rate is not None else f"By now {_lower(change)}"
    at = "At the alarm" if rate is not None else told
    rates = [f"{at} {_rate(evidence['value'])}", f"Baseline {_rate(evidence['baseline'])}"]
    alarm = _change(evidence, drop["at_alarm"], "at the alarm, same mix")
    since = drop.get("refreshed")
    back = [_change(evidence, since, "from the alarm to the recovery")] if since else []
    return [*([seen] if now else ()), *rates, *([alarm] if drop["at_alarm"]["size"] is not None else ()), *back]


def _change(evidence: Json, size: Json, when: str) -> str:
    """How far the share got worse, with its interval."""
    way = "Up" if evidence.get("bad") == "up" else "Down"
    return f"{way} {_points(size['size'])} points {when} ({_points(size['lo'])} to {_points(size['hi'])})"


def _share(evidence: Json) -> str:
    """What the rates are of. Labels in it come from samples; an alert of an older version knows of pass rates alone."""
    metric = evidence["monitor"].get("metric", RATE_OF_JUDGE)
    return share(metric, plain(evidence.get("says") or noun(metric), 120))


def _since(evidence: Json) -> str:
    onset = evidence["onset"]
    return f"Since {_time(onset['at'])} (90 % sure: {_time(onset['lo_at'])} to {_time(onset['hi_at'])})"


def _marker(evidence: Json) -> list[str]:
    """The nearest marker; alerts from before there were markers have none."""
    marker = evidence.get("marker")
    return [f"Nearest marker: {plain(marker['in_words'], 300)}"] if marker else []


def _happened(evidence: Json) -> list[str]:
    """Why, and where most; alerts from before it was asked have neither."""
    lines = [plain(evidence["why"], 240)] if evidence.get("why") else []
    for one in (evidence.get("where") or ())[:1]:
        if one["name"] == WHOLE:
            lines.append("No part of the traffic stands out: it is the whole of it.")
            continue
        fell = f"{_percent(one['rate_before'])} → {_percent(one['rate_now'])} (n = {one['n_now']:,.0f})"
        lines.append(f"Most in {plain(one['name'], 80)}: {fell}")
    return lines


def _sure(evidence: Json) -> str:
    words, budget = evidence["evidence"]["in_words"], evidence["evidence"]["false_alarms_per_30_days"]
    alarms = "false alarm" if budget == 1 else "false alarms"
    return f"{_sentence(words)} (budget: {budget:g} {alarms} per 30 days over all monitors)"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _lower(words: str) -> str:
    return f"{words[:1].lower()}{words[1:]}"


def _example(number: int, example: dict[str, Any]) -> list[str]:
    pieces = (("Asked", "request"), ("Answered", "response"), ("Judge", "explanation"))
    said = [f"{word}: {plain(example[key], 80)}" for word, key in pieces if example[key]]
    return [f"Failing example {number}, {plain(example['sample_id'], 40)}", *said]


def _rate(interval: Json) -> str:
    if interval["rate"] is None:
        return "without votes"
    spread = f"{_percent(interval['lo'])} to {_percent(interval['hi'])}"
    return f"{_percent(interval['rate'])} ({spread}, n = {interval['n']:,.0f})"


def _percent(rate: float | None) -> str:
    return "no data" if rate is None else f"{rate:.1%}".replace("%", " %")


def _points(share: float | None) -> str:
    return "?" if share is None else f"{share * 100:.1f}"


def _time(moment: str | None) -> str:
    return "an unknown time" if moment is None else f"{moment[:16].replace('T', ' ')} UTC"
