"""The numbers of the house style, measured on the four packages and printed beside their limits."""

from __future__ import annotations

import ast
from statistics import median, quantiles

from tests.lint.source import Source, functions, sources


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _p90(values: list[int]) -> float:
    return quantiles(values, n=10)[-1]


def _over(limit: int, sizes: dict[str, int]) -> list[str]:
    return [f"{name}: {size}" for name, size in sizes.items() if size > limit]


def _files() -> dict[str, int]:
    return {source.path: source.lines for source in sources() if source.lines}


def _functions() -> dict[str, int]:
    return {
        f"{source.path}:{node.lineno} {node.name}": _length(node) for source in sources() for node in functions(source)
    }


def test_files_are_small() -> None:
    """Files: median at most 150 lines, 90th percentile at most 300, none above 400."""
    sizes = _files()
    values = list(sizes.values())
    print(f"files: median {median(values)} (≤150), p90 {_p90(values)} (≤300), longest {max(values)} (≤400)")
    assert median(values) <= 150
    assert _p90(values) <= 300
    assert not _over(400, sizes)


def test_functions_are_small() -> None:
    """Functions: median at most 10 lines, 90th percentile at most 30, none above 60."""
    sizes = _functions()
    values = list(sizes.values())
    print(f"functions: median {median(values)} (≤10), p90 {_p90(values)} (≤30), longest {max(values)} (≤60)")
    assert median(values) <= 10
    assert _p90(values) <= 30
    assert not _over(60, sizes)


def test_functions_take_few_parameters() -> None:
    """No function takes more than five positional parameters; what needs more takes a dataclass."""

    def count(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        return len([name for name in names if name not in ("self", "cls")])

    routes = ("evaluator/api/", "evaluator/cli/", "ui/cli.py")
    plain = [source for source in sources() if not source.path.startswith(routes)]
    sizes = {f"{s.path}:{node.lineno} {node.name}": count(node) for s in plain for node in functions(s)}
    assert not _over(5, sizes)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    swallows = not any(isinstance(node, ast.Raise) for node in ast.walk(handler))
    return swallows and any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in kinds)


def _broad(source: Source) -> list[str]:
    handlers = [node for node in ast.walk(source.tree) if isinstance(node, ast.ExceptHandler)]
    return [f"{source.path}:{handler.lineno}" for handler in handlers if _is_broad(handler)]


def test_only_three_places_catch_everything() -> None:
    """A broad except stands only around a judge (here, and in the process of a user's code), a job and a delivery."""
    places = {place.split(":")[0] for source in sources() for place in _broad(source)}
    judging = {"evaluator/lane.py", "judges/code/worker.py"}
    assert places <= {*judging, "evaluator/scheduler.py", "evaluator/alerts/outbox.py"}


def test_names_say_what_things_are() -> None:
    """No module is called utils, helpers, manager or base, no class Evaluator or Scorer."""
    modules = {source.path.rsplit("/", 1)[-1].removesuffix(".py") for source in sources()}
    classes = {node.name for source in sources() for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)}
    assert not modules & {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert not classes & {"Evaluator", "Scorer"}


def test_public_things_are_documented() -> None:
    """Every public module and class says what it is in a docstring."""
    silent = [source.path for source in sources() if source.lines and not ast.get_docstring(source.tree)]
    for source in sources():
        public = [node for node in source.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
        silent += [f"{source.path}: {node.name}" for node in public if not ast.get_docstring(node)]
    settings_and_shapes = ("evaluator/settings.py", "evaluator/api/shapes.py")
    assert not [name for name in silent if not name.startswith(settings_and_shapes)]
