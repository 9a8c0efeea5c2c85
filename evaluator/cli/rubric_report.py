"""How `leadline rubric test` tells what it found: rates with intervals, the confusion, disagreements, and the money."""

from __future__ import annotations

import json
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import click

from evaluator.cli.output import percent, print_json, print_table, printable

if TYPE_CHECKING:
    from evaluator.agreement import Agreement, Kappa, Rate
    from evaluator.rubrics.trial import Case, Report, Trial
    from judges.rubric import Rubric

SHOWN = 5
RESPONSE_CHARACTERS = 2_000


def tell(trial: Trial, *, rows: int, rejected: int, file: IO[str] | None, as_json: bool) -> None:
    """Prints the report, and writes every disagreement as a line of JSON into the file, when there is one."""
    from evaluator.rubrics.trial import report

    found = report(trial.cases, trial.judge.rubric)
    listed = [_disagreement(case) for case in found.disagreements]
    if file:
        file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in listed)
    counts = {
        "rows": rows,
        "rejected": rejected,
        "compared": found.agreement.n,
        "errors": dict(found.errors),
        "skipped": dict(found.skipped),
        "unjudged": dict(trial.unjudged),
        "stopped": trial.stopped,
    }
    if as_json:
        print_json(_document(trial, found, counts, listed))
        return
    _say_counts(trial, counts)
    _say_rates(found)
    _say_confusion(found, trial.judge.rubric)
    _say_cost(found)
    _say_disagreements(listed, written=file is not None)


def _document(trial: Trial, found: Report, counts: dict[str, Any], listed: list[dict[str, Any]]) -> dict[str, Any]:
    rates = found.agreement
    return {
        "rubric": trial.judge.name,
        "version": trial.judge.version,
        "model": trial.judge.model,
        **counts,
        "by": "pass or fail" if found.sides else "label",
        "agreed": _plain(rates.agreed),
        "kappa": _plain(rates.kappa),
        "weighted_kappa": _plain(rates.weighted),
        "tpr": _plain(rates.tpr),
        "tnr": _plain(rates.tnr),
        "confusion": [{"person": person, "judge": judge, "n": n} for (person, judge), n in rates.confusion.items()],
        "usd": found.usd,
        "usd_per_1000": found.usd_per_1000,
        "reused": found.reused,
        "disagreements": listed,
    }


def _plain(value: Rate | Kappa | None) -> dict[str, float] | None:
    return None if value is None else dict(vars(value))


def _disagreement(case: Case) -> dict[str, Any]:
    from judges.text import last_request_text, response_text, shorten

    judgement, sample = case.judgement, case.labelled.sample
    return {
        "where": case.labelled.where,
        "id": sample.sample_id,
        "person": case.labelled.label,
        "judge": judgement.label,
        "passed": judgement.passed,
        "explanation": judgement.explanation,
        "request": shorten(last_request_text(sample), RESPONSE_CHARACTERS),
        "response": shorten(response_text(sample), RESPONSE_CHARACTERS),
    }


def _say_counts(trial: Trial, counts: dict[str, Any]) -> None:
    judge = trial.judge
    click.echo(printable(f"{judge.name} {judge.version} with {judge.model}"))
    parts = [f"{counts['compared']:,} compared"]
    parts += [_reasons(name, counts[name]) for name in ("errors", "skipped", "unjudged") if counts[name]]
    parts += [f"{counts['rejected']:,} rejected"] if counts["rejected"] else []
    click.echo(printable(f"{counts['rows']:,} rows: {', '.join(parts)}"))
    if trial.stopped:
        click.echo(printable(f"stopped: {trial.stopped}"), err=True)


def _reasons(name: str, reasons: dict[str, int]) -> str:
    told = ", ".join(f"{reason} {n:,}" for reason, n in Counter(reasons).most_common())
    return f"{sum(reasons.values()):,} {name} ({told})"


def _say_rates(found: Report) -> None:
    rates = found.agreement
    rows: list[tuple[str, str, str, str]] = [
        ("agreement", _percent(rates.agreed), _n(rates.agreed), "the same " + ("side" if found.sides else "label")),
        ("Cohen's kappa", _kappa(rates.kappa), f"{rates.n:,}", "agreement beyond chance; 1 is perfect, 0 is chance"),
        ("weighted kappa", _kappa(rates.weighted), f"{rates.n:,}", "the same, a step off counting less than four"),
        ("true pass rate", _percent(rates.tpr), _n(rates.tpr), "of what people passed, passed by the judge"),
        ("true fail rate", _percent(rates.tnr), _n(rates.tnr), "of what people failed, failed by the judge"),
    ]
    click.echo()
    print_table(("", "[95 %]", ">n", ""), [row for row in rows if row[0] != "weighted kappa" or rates.weighted])


def _percent(rate: Rate | None) -> str:
    return "–" if rate is None else f"{percent(rate.rate)} [{100 * rate.lo:.1f}, {100 * rate.hi:.1f}]"


def _kappa(kappa: Kappa | None) -> str:
    return "–" if kappa is None else f"{kappa.value:.2f} [{kappa.lo:.2f}, {kappa.hi:.2f}]"


def _n(rate: Rate | None) -> str:
    return f"{rate.n:,}" if rate else "0"


def _say_confusion(found: Report, rubric: Rubric) -> None:
    """Rows are people, columns the judge; labels in the rubric's order, those that nobody used left out."""
    rates: Agreement = found.agreement
    seen = {label for pair in rates.confusion for label in pair}
    labels = [label for label in (*rubric.choices, "pass", "fail") if label in seen]
    if not labels:
        return
    click.echo()
    rows = [(person, *(rates.confusion.get((person, judge), 0) for judge in labels)) for person in labels]
    print_table(("people ↓  judge →", *(f">{label}" for label in labels)), rows)


def _say_cost(found: Report) -> None:
    per_1000 = "" if found.usd_per_1000 is None else f", {found.usd_per_1000:.4f} USD per 1,000 judgements"
    reused = f"; {found.reused:,} were equal to another sample and free" if found.reused else ""
    spent = "no price is known for this model" if found.usd is None else f"{found.usd:.4f} USD{per_1000}"
    click.echo(f"\ncost: {spent}{reused}")


def _say_disagreements(listed: list[dict[str, Any]], *, written: bool) -> None:
    if not listed:
        return
    click.echo(f"\n{len(listed):,} disagreements:")
    for one in listed[:SHOWN]:
        click.echo(
            printable(f"  {one['where']}: people {_word(one['person'])}, judge {one['judge']}: {one['explanation']}")
        )
    if len(listed) > SHOWN and not written:
        click.echo(f"  … and {len(listed) - SHOWN:,} more; --disagreements FILE writes all of them")


def _word(label: str | bool) -> str:
    return label if isinstance(label, str) else ("pass" if label else "fail")
