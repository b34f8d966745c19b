"""What the names in a module of tests mean: VCR.py's, cassetter's, or objects made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import libcst as cst
from libcst.helpers import get_full_name_for_node

from streamtape.convert.migrate.options import Option

VCR_CLASSES = {"vcr.VCR", "vcr.config.VCR"}
PACKAGES = {"vcr", "cassetter", "vcr_unittest"}
ERRORS = {"CannotOverwriteExistingRequestException", "UnhandledHTTPRequestError"}


@dataclass
class Names(cst.CSTVisitor):
    """What a module imports of these packages, and the VCR objects that it makes.

    `imported` gives the full name of each name; `objects` the options of each VCR object.
    """

    imported: dict[str, str] = field(default_factory=dict)
    objects: dict[str, list[Option]] = field(default_factory=dict)
    marks: bool = False
    config: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            name = get_full_name_for_node(alias.name) or ""
            if name.partition(".")[0] in PACKAGES:
                as_name = alias.evaluated_alias
                self.imported[as_name or name.partition(".")[0]] = (
                    name if as_name else (name.partition(".")[0])
                )

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        module = get_full_name_for_node(node.module) if node.module else ""
        if node.relative or not module or module.partition(".")[0] not in PACKAGES:
            return
        if not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                bound = alias.evaluated_alias or alias.evaluated_name
                self.imported[bound] = f"{module}.{alias.evaluated_name}"

    def visit_Assign(self, node: cst.Assign) -> None:
        call = node.value
        if isinstance(call, cst.Call) and self.full_name(call.func) in {
            "vcr.VCR",
            "vcr.config.VCR",
        }:
            for target in node.targets:
                if isinstance(target.target, cst.Name):
                    self.objects[target.target.value] = list(keywords(call.args))

    def visit_Attribute(self, node: cst.Attribute) -> None:
        name = get_full_name_for_node(node) or ""
        self.marks = self.marks or name.endswith(("mark.vcr", "mark.default_cassette"))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.config = self.config or node.name.value == "vcr_config"

    def full_name(self, node: cst.CSTNode) -> str:
        """The dotted name of what a node means; empty where it is not of these packages."""
        first, dot, rest = (get_full_name_for_node(node) or "").partition(".")
        return f"{self.imported[first]}{dot}{rest}" if first in self.imported else ""


def keywords(args: Iterable[cst.Arg]) -> Iterable[Option]:
    """The keyword arguments of a call, by name."""
    return ((arg.keyword.value, arg.value) for arg in args if arg.keyword is not None)
