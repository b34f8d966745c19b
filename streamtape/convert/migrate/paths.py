"""Where a cassette was, as an expression, and where it is now: the same with another suffix."""

from __future__ import annotations

import posixpath

import libcst as cst

from streamtape.convert.migrate.options import text_of

SUFFIXES = (".yaml", ".yml", ".json", ".toml")


def new_name(path: str) -> str:
    """The name of the converted cassette."""
    for suffix in SUFFIXES:
        if path.endswith(suffix):
            return f"{path.removesuffix(suffix)}.tape"
    return path if path.endswith(".tape") else f"{path}.tape"


def text(value: str) -> cst.SimpleString:
    """A text as code."""
    quote = "'" if '"' in value and "'" not in value else '"'
    escaped = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return cst.SimpleString(f"{quote}{escaped}{quote}")


def renamed(path: cst.BaseExpression) -> tuple[cst.BaseExpression, bool]:
    """The expression of a path with the new suffix, and whether that is known to be right."""
    value = text_of(path)
    if value is not None:
        return text(new_name(value)), True
    visitor = _Suffixes()
    changed = path.visit(visitor)
    return (changed if isinstance(changed, cst.BaseExpression) else path), visitor.found


def below(folder: cst.BaseExpression, path: cst.BaseExpression) -> cst.BaseExpression:
    """The path in a folder: joined where both are plain, else an expression of pathlib."""
    ahead, behind = text_of(folder), text_of(path)
    if ahead is not None and behind is not None:
        return text(posixpath.join(ahead, behind))
    start = cst.Call(cst.parse_expression("pathlib.Path"), [cst.Arg(folder)])
    return cst.BinaryOperation(start, cst.Divide(), path)


class _Suffixes(cst.CSTTransformer):
    """Gives every text that ends with a known suffix the new one."""

    found = False

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        value = updated_node.evaluated_value
        if isinstance(value, str) and value.endswith(SUFFIXES):
            self.found = True
            return text(new_name(value))
        return updated_node

    def leave_FormattedStringText(
        self, original_node: cst.FormattedStringText, updated_node: cst.FormattedStringText
    ) -> cst.FormattedStringText:
        if updated_node.value.endswith(SUFFIXES):
            self.found = True
            return updated_node.with_changes(value=new_name(updated_node.value))
        return updated_node
