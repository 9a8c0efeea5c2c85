"""What `leadline rubric new` writes: a rubric that works as it is, with comments that teach the format."""

from __future__ import annotations

HEAD = """\
# {name}: say here in a sentence what this judge is for.
#
# What a line behind # says is a comment and decides nothing. A change to anything else that the judge reads, or to
# effort, votes, needs or escalation, makes a new version: its verdicts are a new series, the old ones stay as they are.
# docs/rubrics.md describes every key.

name = "{name}"

# One question with one answer, about the last response and nothing else.
question = "Does the response tell the user what to do next?"

# In plain words: what counts, what does not count, and which way to go when it is unsure. Name what must not decide:
# length, style, tone, and whatever another judge looks at.
instructions = \"\"\"
It does when a user who reads it knows the next step: what to click, whom to ask, what to send, or that nothing is \\
left to be done. A question back to the user counts, because answering it is the next step.

What does not count: whether the step is the right one, how long the response is, how it is worded, and where in it \\
the step stands. When you are unsure whether a step is concrete enough, ask whether two users would do the same; if \\
so, it is.
\"\"\"
"""

OPTIONS = """\
# These keys may be left out; shown is what to write, behind it what holds without.
#
# applies_to = {{ feature = "support-*", "metadata.plan" = "pro" }}  # fields = globs, all must match; all samples
# needs = ["context"]          # skip samples without material to answer from, or without "tools"; nothing is needed
# rate = 0.05                  # share of sessions it judges; judge.llm_rate
# model = "claude-haiku-5-5"   # a pinned id; judge.model
# effort = "low"               # or medium, high: how much the model may think; low
# votes = 3                    # independent answers, an odd number; 1
# batch = true                 # judge in nightly batches at half the price; at once
# conversation = true          # judge the whole session, once it was quiet for quiet_minutes; every response
# quiet_minutes = 30

"""

LABELS = """\
# The labels that pass. With PASS among the labels it may be left out.
passing = ["PASS"]

# Two labels or more, each with when it applies. PASS and FAIL will do for most questions.
[labels]
PASS = "the next step is there"
FAIL = "there is none; the explanation says what the user is left without"

"""

SCALE = """\
# The first step of the scale that passes.
passes_from = "3"

# Steps from worst to best, each described so that two people would pick the same one.
[scale]
1 = "no step at all"
2 = "a direction, but no step that could be taken as it stands"
3 = "a step that can be taken, with something small left open"
4 = "every step that is needed, ready to be taken"

"""

ESCALATION = """\
# A stronger model that is asked as well when the judge is unsure, its votes split, or it failed.
# [escalation]
# model = "claude-sonnet-5-5"
# when = ["uncertain", "split"]
# effort = "low"

"""

EXAMPLES = """\
# Four to six examples, about as many on either side, one of them hard. They teach the judge more than instructions do.
[[examples]]
request = "My parcel has not arrived."
response = "Please send me the order number, then I can look where it is."
label = "{good}"
explanation = "\\"Send me the order number\\" is a step that the user can take at once."

[[examples]]
request = "My parcel has not arrived."
response = "I am sorry to hear that. Parcels are sometimes delayed by the weather or by customs."
label = "{bad}"
explanation = "It explains delays in general (\\"sometimes delayed\\") and leaves the user where they were."
"""


def new(name: str, *, scale: bool) -> str:
    """The text of a rubric to begin with, by labels or by a scale."""
    good, bad = ("4", "1") if scale else ("PASS", "FAIL")
    answer = SCALE if scale else LABELS
    return "".join([HEAD, "\n", OPTIONS, answer, ESCALATION, EXAMPLES]).format(name=name, good=good, bad=bad)


def copied(name: str, text: str, *, source: str) -> str:
    """A shipped rubric under another name, with the keys that could be added."""
    lines = text.splitlines(keepends=True)
    named = "".join(f'name = "{name}"\n' if line.startswith("name = ") else line for line in lines)
    before, table, after = named.partition("[labels]\n" if "\n[labels]\n" in named else "[scale]\n")
    head = f"# A copy of Leadline's rubric {source}, to be changed. docs/rubrics.md describes every key.\n"
    return head + before + OPTIONS.format() + table + after
