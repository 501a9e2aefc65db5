"""The state of one template being executed: what closures read and write while they run."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from meshlint.text.origin import Origin, Read, Scope
from meshlint.text.rope import Piece

if TYPE_CHECKING:
    from meshlint.gotemplate.evaluate import Evaluator
    from meshlint.gotemplate.nodes import Node, TemplateNode

Binding = tuple[Any, tuple[Read, ...], bool, str]  # value, what was read for it, stands in a slot, flags


class SlotNil:
    """The type of SLOT_NIL."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "SLOT_NIL"


# A map or list slot of type interface{} that is missing or nil is not the same as no value at all:
# a field of the first is an error, a field of the second is nothing. SLOT_NIL stands for the first;
# it lives only inside chains, in the cursor and in the variables of a range, never in values.
SLOT_NIL = SlotNil()


_FEW = 4
_MOST_CARRIED = 200


def carried(reads: list[Read]) -> tuple[Read, ...]:
    """What was read, to be kept with a value: each look once, and not without end.

    Values that are handed on from call to call take their reads along; without this a template that
    mentions its data twice would double them with every call.
    """
    if len(reads) <= _FEW:
        return tuple(reads)
    unique = {(id(read.container), read.key, read.chosen): read for read in reads}
    return tuple(islice(unique.values(), _MOST_CARRIED))


class Frame:
    """One execution of a template.

    dot, dot_slot, dot_reads   the cursor; whether it stands in an interface{} slot; what was read for it
    variables   name -> Binding; `undo` remembers what declarations hid, for the end of the block
    node        the placed node being executed
    log         what the pipeline has read so far; `flags` the flag of the values it has met
    out         what has been written

    node, log and flags are set anew by every action, before anything is evaluated.
    """

    __slots__ = (
        "dot",
        "dot_reads",
        "dot_slot",
        "flags",
        "log",
        "node",
        "out",
        "run",
        "scope",
        "table",
        "template",
        "undo",
        "variables",
    )

    node: Node
    log: list[Read]
    flags: str

    def __init__(
        self,
        run: Evaluator,
        template: TemplateNode,
        dot: Any,
        reads: tuple[Read, ...],
        scope: Scope | None,
        out: list[Piece],
    ) -> None:
        self.run = run
        self.template = template
        self.dot = dot
        self.dot_slot = False
        self.dot_reads = reads
        self.variables: dict[str, Binding] = {"$": (dot, reads, False, "")}
        self.undo: list[tuple[str, Binding | None]] = []
        self.scope = scope
        self.out = out
        self.table = run.table

    def site(self) -> Origin:
        """The origin of text that the action being executed adds."""
        return Origin(self.node, self.scope, tuple(self.log), self.flags)

    def declare(self, name: str, value: Any, reads: tuple[Read, ...], slot: bool = False) -> None:
        """Bind a new variable until the end of the block."""
        variables = self.variables
        self.undo.append((name, variables.get(name)))
        variables[name] = (value, reads, slot, self.flags)

    def restore(self, mark: int) -> None:
        """Forget the variables declared since the undo list had `mark` entries."""
        undo, variables = self.undo, self.variables
        while len(undo) > mark:
            name, before = undo.pop()
            if before is None:
                del variables[name]
            else:
                variables[name] = before
