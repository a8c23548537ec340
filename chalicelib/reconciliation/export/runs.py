"""The runs of a day: which one it is at, the export that it is made from, and its plan."""

import json
from datetime import datetime

from chalicelib.files import store
from chalicelib.kernel.fields import stamp
from chalicelib.reconciliation.export import choice, objects
from chalicelib.reconciliation.export.plans import Plan
from chalicelib.supervision.audit.spread import parts_for
from chalicelib.table import export, keys


def run_of(day: str, now: datetime) -> str:
    """What the day is at: changes, unless DynamoDB has none, or they did not agree."""
    if asked(objects.full(day)) or choice.base(day, now) is None:
        return objects.full(day)
    return objects.changes(day)


def asked(run: str) -> str:
    """The export of a run, "" where there is none."""
    key = objects.export_key(run)
    return str(objects.get(key)) if objects.there(key) else ""


def start(run: str, now: datetime, failed: str = "") -> str:
    """Have the export of a run made, in place of one that ``failed``; the run, another where DynamoDB refuses."""
    day, prefix, token = objects.day_of(run), objects.folder_key(run), keys.digest("books", run, failed)
    base = choice.base(day, now) if run == objects.changes(day) else None
    if base is None:
        instant = objects.put_first(objects.instant_key(run, token), stamp(now.replace(microsecond=0)))
        arn = export.start(prefix=prefix, token=token, at=datetime.fromisoformat(instant))
    else:
        since, until = datetime.fromisoformat(base.at), datetime.fromisoformat(base.until)
        try:
            arn = export.start(prefix=prefix, token=token, at=until, since=since)
        except export.Refused:  # its backup does not reach back so far, for one
            return start(objects.full(day), now)
    objects.put(objects.export_key(run), arn)
    return run


def plan(run: str, found: export.Export, now: datetime) -> Plan:
    """The files that the manifest names. Those of changes lie in one folder for all exports, beside this one's own."""
    folder, day = found.manifest.rpartition("/")[0], objects.day_of(run)
    entries = [json.loads(line) for line in store.read(f"{folder}/manifest-files.json").splitlines() if line.strip()]
    top = folder.rpartition("AWSDynamoDB/")[0]  # whether or not the manifest names the prefix, too
    files = [top + "AWSDynamoDB/" + each["dataFileS3Key"].rpartition("AWSDynamoDB/")[2] for each in entries]
    items, at = sum(int(each["itemCount"]) for each in entries), stamp(found.at)
    base = choice.base(day, now) if run == objects.changes(day) else None
    if base is None:
        return Plan(at, files, parts_for(items), items, day, choice.engine())
    return Plan(at, files, base.parts, base.items + items, base.founded, choice.engine(), base.run)
