"""Which names a cell makes and which it needs, read from its text."""

import ast
import builtins

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_INNER = (*_SCOPES, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def parse(source: str) -> list[ast.stmt]:
    """Return a cell's statements without magics and shell lines; an unreadable cell has none.

    Example:
        >>> len(parse("%matplotlib inline\\nx = 1"))
        1
    """
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    try:
        return ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def made(source: str) -> set[str]:
    """Return the names a cell binds in the notebook's namespace.

    Example:
        >>> sorted(made("import numpy as np\\ndef f(a):\\n    b = a\\nfor i in x: y = [z for z in x]"))
        ['f', 'i', 'np', 'y']
    """
    return set().union(*map(_bound, parse(source)))


def needed(source: str) -> list[str]:
    """Return the names a cell reads before it has bound them itself, except Python's own.

    Example:
        >>> needed("import math\\nassert math.isclose(mean(x), 2)\\nx = 1")
        ['mean', 'x']
    """
    own, wanted = {*dir(builtins), "display", "get_ipython", "In", "Out"}, {}
    for statement in parse(source):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
                wanted.setdefault(node.id)
        own |= _bound(statement)
    return sorted(wanted)


def imports(source: str) -> str:
    """Return a cell's top-level imports alone, one a line.

    Example:
        >>> imports("import numpy as np; x = 1\\nfrom math import pi")
        'import numpy as np\\nfrom math import pi'
    """
    return "\n".join(ast.unparse(s) for s in parse(source) if isinstance(s, ast.Import | ast.ImportFrom))


def _bound(node: ast.AST) -> set[str]:
    if isinstance(node, _SCOPES):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    found = {node.id} if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) else set()
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        found.add(node.name)
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _INNER):
            found |= _bound(child)
        elif isinstance(child, _SCOPES):
            found.add(child.name)
    return found
