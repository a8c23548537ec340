"""Keys of what the rooms keep: scenarios, batches, offers, campaigns, applications, runs, partners."""

from chalicelib.table.keys.names import CREDIT_RULES, MEMBERS, OWN_CAMPAIGNS, Key, holder, scenario_code


def methodology(code: str, version: int) -> Key:
    return Key("methodologies", f"{scenario_code(code)}:{version:06d}")


def scenario(code: str, version: int) -> Key:
    return Key("scenarios", f"{scenario_code(code)}:{version:06d}")


def scenario_versions(code: str) -> tuple[str, str, str]:
    """The partition of all scenarios, and the sort keys around the versions of one."""
    return "scenarios", f"{scenario_code(code)}:", f"{scenario_code(code)}:~"


def credit_rule(version: int) -> Key:
    """How the carbon credit score is made."""
    return Key(CREDIT_RULES[0], f"{version:06d}")


def reduction(scenario: str, record: str) -> Key:
    """One reported record, for ever, whichever Idempotency-Key or account comes with it."""
    return Key(f"reduction:{scenario_code(scenario)}/{record}", "reduction")


def reported(account: str, rank: str) -> Key:
    """An account's pointer to a reduction; ``rank`` is ``<time of the report>:<id>``."""
    return Key(holder(account), f"reduction:{rank}")


def batch(batch: str) -> Key:
    """A file of reductions and how far it is."""
    return Key(f"batch:{batch}", "batch")


def batch_lane(batch: str, number: int) -> Key:
    """A part of a batch's file and what its lines came to, beside the batch. Older batches have ``slice:`` there."""
    return Key(f"batch:{batch}", f"lane:{number:04d}")


def batch_judged(batch: str, judgement: str, number: int) -> Key:
    """What a judgement of the bureau did to one lane, beside the batch."""
    return Key(f"batch:{batch}", f"judged:{judgement}:{number:04d}")


def certificate(serial: str) -> Key:
    """What anyone may read who knows the serial."""
    return Key(f"certificate:{serial}", "certificate")


def coverage(person: str) -> Key:
    """Which change made the flags of a person's certificates what they are, and how far back they reach."""
    return Key(f"coverage:{person}", "coverage")


def offer(offer: str) -> Key:
    return Key(f"offer:{offer}", "offer")


def due(redemption: str) -> Key:
    """An order has to be fulfilled by a time."""
    return Key(f"due:{redemption}", "due")


def codes(till: str, first: int) -> Key:
    """Codes that a till hands out in order, from number ``first`` on."""
    return Key(f"voucher:{till}", f"codes:{first:09d}")


def known_codes(offer: str, part: int) -> Key:
    """Hashes of codes that an offer ever had."""
    return Key(f"voucher:{offer}", f"known:{part:02d}")


def served(till: str) -> Key:
    """How many orders of a till were fulfilled: beside the till, so that a sale does not wait for a delivery."""
    return Key(till, "served")


def campaign(campaign: str) -> Key:
    return Key(f"campaign:{campaign}", "campaign")


def campaign_uncovered(campaign: str) -> Key:
    """Grams given to a campaign that await recovery from their donors, beside it."""
    return Key(f"campaign:{campaign}", "uncovered")


def own_campaign(institution: str, at: str, campaign: str) -> Key:
    """An institution's pointer to a campaign that it proposed at the time ``at``."""
    return Key(holder(institution), f"{OWN_CAMPAIGNS}{at}:{campaign}")


def shop(merchant: str, offer: str) -> Key:
    """A merchant's pointer to an offer of its own."""
    return Key(holder(merchant), f"offer:{offer}")


def sku(merchant: str, sku: str) -> Key:
    """A merchant's own code names one of its offers, for ever."""
    return Key(holder(merchant), f"sku:{sku}")


def application(application: str) -> Key:
    """An application to join the mall, as it stands."""
    return Key(f"application:{application}", "application")


def document(application: str, document: str) -> Key:
    """What is known of a file, beside its application."""
    return Key(f"application:{application}", f"document:{document}")


def application_step(application: str, at: str, record: str) -> Key:
    """A line of an application's history, beside it."""
    return Key(f"application:{application}", f"step:{at}:{record}")


def applying(account: str) -> Key:
    """An institution has one open application."""
    return Key(f"applying:{account}", "applying")


def applied(account: str, at: str, application: str) -> Key:
    """The pointer of an institution to an application: its own, or one beneath its sub-platform."""
    return Key(holder(account), f"application:{at}:{application}")


def member(sub_platform: str, merchant: str) -> Key:
    """A merchant beneath a sub-platform, beside the account of its operator."""
    return Key(holder(sub_platform), f"{MEMBERS}{merchant}")


def member_step(sub_platform: str, merchant: str, at: str, record: str) -> Key:
    """A line of a member's history."""
    return Key(f"member:{sub_platform}:{merchant}", f"step:{at}:{record}")


def shelving(merchant: str) -> Key:
    """A merchant's offers are to leave the shelf or to come back."""
    return Key(f"shelving:{merchant}", "shelving")


def validity(merchant: str, subject: str) -> Key:
    """Until when a merchant's agreement or licence is valid."""
    return Key(f"validity:{merchant}", subject)


def departure(merchant: str) -> Key:
    """A merchant leaves the mall, or has left it."""
    return Key(f"departure:{merchant}", "departure")


def run(run: str) -> Key:
    """A buy-back run."""
    return Key(f"run:{run}", "run")


def run_part(run: str, number: int) -> Key:
    """Merchants of a run that one message is about."""
    return Key(f"run:{run}", f"part:{number:06d}")


def run_lane(run: str, lane: int) -> Key:
    """Sums of a run's lots, each in a partition of its own."""
    return Key(f"run:{run}/{lane:02d}", "sums")


def partner(merchant: str) -> Key:
    """A merchant's own system: where it is called and by which key it proved itself."""
    return Key(f"partner:{merchant}", "partner")


def pulse(merchant: str) -> Key:
    """Whether a merchant's system answers at present, beside it."""
    return Key(f"partner:{merchant}", "pulse")


def delivery(id: str) -> Key:
    """One event of one order, on its way to the merchant's system."""
    return Key(f"delivery:{id}", "delivery")


def anomaly(id: str) -> Key:
    """What the bureau should look at."""
    return Key(f"anomaly:{id}", "anomaly")


def sums(name: str, lane: int) -> Key:
    """Sums projected from the stream, in lanes so that consumers do not collide."""
    return Key(name, f"sums:{lane:02d}")
