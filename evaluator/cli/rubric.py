"""`leadline rubric new|show`: write a rubric, and see what a judge will read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.options import Options, file_options, json_option
from evaluator.cli.output import percent, print_json, print_table, printable
from evaluator.cli.rubric_cost import cost_command
from evaluator.cli.rubric_test import test_command
from evaluator.cli.rubric_text import copied, new
from evaluator.errors import InputError

if TYPE_CHECKING:
    from evaluator.rubrics.names import Meant
    from evaluator.settings import Settings

NAME = re.compile(r"[a-z0-9_.-]{1,60}")
COLUMNS = ("rubric", "on", "labels, worst first", "passes", ">rate", "model", "version", "votes", "escalation")
NEXT = """\
Wrote {file}. What to do next:

  leadline rubric show {file}                  what the judge will read
  leadline rubric test {file} LABELLED.jsonl   how well it agrees with people
  leadline rubric cost {file}                  what it would cost per day

Switch it on in leadline.toml:

[[judges]]
kind = "rubric"
name = "{name}"
file = "{file}"
features = ["*"]
rate = 0.05   # share of sessions it judges; without it judge.llm_rate, 1 %"""


@click.group()
def rubric() -> None:
    """Rubrics: the criteria of LLM judges, one TOML file each."""


@rubric.command("new")
@click.argument("name")
@click.option("--from", "source", metavar="SHIPPED", help="Begin with a copy of this shipped rubric.")
@click.option("--scale", is_flag=True, help="An ordered scale in place of PASS and FAIL.")
def new_command(name: str, source: str | None, scale: bool) -> None:
    """Write NAME.toml, a rubric that works, with comments that teach the format. Never overwrites a file."""
    from judges.rubric import shipped, shipped_texts

    name = name.removesuffix(".toml")
    if not NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be a name; use up to 60 of a-z, 0-9, _, - and .")
    if source and scale:
        raise InputError("--scale is for a rubric that begins empty; a copy keeps the labels it has")
    path = Path(f"{name}.toml")
    text = copied(name, shipped_texts()[shipped(source).name], source=source) if source else new(name, scale=scale)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{path} is there already; choose another name, or delete it first") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
    click.echo(NEXT.format(file=path, name=name))


@rubric.command("show")
@file_options
@click.argument("name", metavar="[NAME|FILE]", required=False)
@json_option
@click.pass_obj
def show(options: Options, name: str | None, as_json: bool) -> None:
    """List the rubrics, or show one as the judge will read it, with its version."""
    from evaluator.rubrics import names

    settings = options.settings()
    if name is None:
        known = names.shipped() | names.configured(settings)
        _list([_facts(settings, names.named(settings, one)) for one in known], as_json)
        return
    meant = names.find(settings, name)
    _show(_facts(settings, meant) | _prompt(meant), as_json)


def _facts(settings: Settings, meant: Meant) -> dict[str, Any]:
    from evaluator.rubrics import names

    config, rubric, escalation = meant.config, meant.rubric, meant.rubric.escalation
    return {
        "name": config.name,
        "file": config.file and str(config.file),
        "on": names.is_on(settings, config.name),
        "labels": list(rubric.choices),
        "kind": "scale" if rubric.scale else "labels",
        "passes": [label for label in rubric.choices if rubric.passes(label)],
        "rate": meant.rate,
        "features": list(config.features),
        "applies_to": dict(rubric.applies_to),
        "needs": list(rubric.needs),
        "model": meant.model,
        "effort": rubric.effort,
        "version": meant.version,
        "votes": rubric.votes,
        "escalation": f"{escalation.model} when {' or '.join(escalation.when)}" if escalation else None,
        "conversation": rubric.conversation,
        "batch": rubric.batch if config.batch is None else config.batch,
    }


def _prompt(meant: Meant) -> dict[str, Any]:
    from judges.models import cacheable_tokens
    from judges.prompt import system_text
    from judges.warmth import estimated_tokens, hint

    system = system_text(meant.rubric)
    return {
        "question": meant.rubric.question,
        "system": system,
        "prefix_tokens": estimated_tokens(system),
        "cached_from_tokens": cacheable_tokens(meant.model),
        "hint": hint(meant.model, system),
    }


def _list(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    cells = [
        (
            row["name"],
            "yes" if row["on"] else "no",
            " < ".join(row["labels"]) if row["kind"] == "scale" else ", ".join(row["labels"]),
            ", ".join(row["passes"]),
            percent(row["rate"]),
            row["model"],
            row["version"],
            row["votes"],
            row["escalation"] or "–",
        )
        for row in rows
    ]
    print_table(COLUMNS, cells, styles=["" if row["on"] else "dim" for row in rows])
    click.echo(
        '\nSwitch one on: [[judges]] kind = "rubric", name = "…" in leadline.toml, or its name in judge.builtin.'
    )


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for title, text in _lines(found):
        click.echo(printable(f"{title:<11}{text}"))
    click.echo("\nWhat the judge reads before each sample:\n")
    for line in found["system"].split("\n"):
        click.echo(f"  {printable(line)}".rstrip())


def _lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    whole = "the whole conversation" if found["conversation"] else "the last response"
    conditions = [f"{name} = {glob}" for name, glob in found["applies_to"].items()]
    conditions += [f"there are {'tools' if need == 'tools' else 'materials to answer from'}" for need in found["needs"]]
    return [
        ("rubric", f"{found['name']} ({found['file'] or 'shipped'}), {'on' if found['on'] else 'off'}"),
        ("version", f"{found['version']} with {found['model']}, effort {found['effort']}"),
        ("judges", f"{whole}: {', '.join(found['labels'])}; passes: {', '.join(found['passes'])}"),
        ("applies to", "; ".join([f"features {', '.join(found['features'])}", *conditions])),
        ("rate", percent(found["rate"]) + " of sessions" + (", in nightly batches" if found["batch"] else "")),
        ("votes", f"{found['votes']}" + (f", then {found['escalation']}" if found["escalation"] else "")),
        ("prefix", _prefix(found)),
    ]


def _prefix(found: dict[str, Any]) -> str:
    if found["hint"]:
        return f"{found['hint']} Every call pays for all of it; longer examples, or another model, would change that."
    return f"about {found['prefix_tokens']:,} tokens; {found['model']} caches from {found['cached_from_tokens']:,} on"


rubric.add_command(test_command)
rubric.add_command(cost_command)
