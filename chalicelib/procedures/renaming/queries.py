"""The new names that an institution, or an official for it, has asked for."""

from collections.abc import Iterator

from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.procedures.items import Procedure, ProcedureLine
from chalicelib.procedures.renaming.model import RenamingAnswer, RenamingParams, to_answer
from chalicelib.table import keys, read


def renamings(query: Query[RenamingParams]) -> Page[RenamingAnswer]:
    """The caller's own, the newest first."""
    found = read.first(_asked(query), query.params.limit + 1)
    stored = read.many([keys.procedure(line.procedure) for _, line in found], Procedure)
    places = {line.procedure: sk for sk, line in found}
    answers = [to_answer(stored[keys.procedure(line.procedure)]) for _, line in found]
    return query.page(answers, lambda each: {"sk": places[each.id]})


def _asked(query: Query[RenamingParams]) -> Iterator[tuple[str, ProcedureLine]]:
    """The lines by which renamings began, each with its sort key."""
    account = query.asker.account
    low, high = keys.procedure_line(account, "", "").sk[:-1], keys.procedure_line(account, "~", "").sk
    before = query.position["sk"] if query.position else None
    for row in read.partition(keys.holder(account), low, high, before=before, descending=True):
        line = row.load(ProcedureLine)
        if (line.kind, line.status) == ("rename", "proposed"):
            yield row.key.sk, line
