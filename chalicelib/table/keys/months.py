"""Keys of what is kept by month or by day, of the daily look at merchants, and of agendas."""

from chalicelib.table.keys.names import STATISTICS, Key, scenario_code

SOURCE_PARTITIONS = 8  # of a month's grams by source and by colour: a partition takes 1000 units a second


def trip(person: str, day: str, at: str, reduction: str) -> Key:
    """A trip of a person that began at the time ``at``, among those that touch a day (Asia/Shanghai)."""
    return Key(f"trips:{person}:{day}", f"{at}:{reduction}")


def trips(person: str, day: str) -> tuple[str, str, str]:
    """The partition of a person's day, and the sort keys around all of its trips."""
    return f"trips:{person}:{day}", "0", "~"


def order_on(day: str, lane: int, at: str, redemption: str) -> Key:
    """The pointer to an order among those of its day (UTC), in lanes."""
    return Key(f"orders:{day}:{lane:02d}", f"{at}:{redemption}")


def month_sums(month: str, lane: int) -> Key:
    """Sums of the Records of a month (Asia/Shanghai, ``2026-01``), in lanes."""
    return Key(STATISTICS, f"{month}:{lane:02d}")


def months(since: str, until: str) -> tuple[str, str, str]:
    """The partition of all months, and the sort keys around those from ``since`` to ``until``, both included."""
    return STATISTICS, since, f"{until}:~"


def confirmed(month: str, scenario: str, methodology: str, lane: int) -> Key:
    """Grams that Records of a month credited or reversed, by scenario and methodology, in lanes."""
    slot, part = divmod(lane, SOURCE_PARTITIONS)
    return Key(f"confirmed:{month}:{part:02d}", f"{scenario}:{methodology}:{slot}")


def confirmed_in(month: str) -> list[str]:
    """The partitions of a month's grams: until 2026-11-27 all lanes were in the first one."""
    return [f"confirmed:{month}", *(confirmed(month, "", "", lane).pk for lane in range(SOURCE_PARTITIONS))]


def colour(month: str, of: tuple[str, str, str], lane: int) -> Key:
    """Grams of one colour that Records of a month issued or reversed, in lanes."""
    slot, part = divmod(lane, SOURCE_PARTITIONS)
    return Key(f"colours:{month}:{part:02d}", f"{':'.join(of)}:{slot}")


def colours_in(month: str) -> list[str]:
    """The partitions of the colours of a month's Records: until 2026-11-27 all lanes were in the first one."""
    return [f"colours:{month}", *(colour(month, ("", "", ""), lane).pk for lane in range(SOURCE_PARTITIONS))]


def used(of: str, record: str) -> Key:
    """Grams that a Record used, among all uses ``of`` a month or a campaign, by the Record's id."""
    return Key(f"used:{of}:{record[:2]}", record)


def used_sum(of: str, record: str) -> Key:
    """Their sum over all Records whose ids begin alike."""
    return Key(used_in(of), record[:2])


def used_in(of: str) -> str:
    """The partition of these sums."""
    return f"used:{of}"


def mix(month: str) -> Key:
    """Where the grams of a closed month's uses come from."""
    return Key("mixes", month)


def turnover(month: str, merchant: str, lane: int) -> Key:
    """What a merchant sold, gave back and was bought back in a month, in lanes."""
    return Key(turnover_in(month), f"{merchant}:{lane:02d}")


def turnover_in(month: str) -> str:
    """The partition of a month's merchants."""
    return f"turnover:{month}"


def report_part(month: str, number: int) -> Key:
    """A part of the report of a month."""
    return Key(f"report:{month}", f"part:{number:04d}")


def report_preparing(month: str) -> Key:
    """How far the pages of a month's merchants are, beside its report."""
    return Key(f"report:{month}", "preparing")


def report_merchants(month: str, page: int) -> Key:
    """A page of a month's merchants."""
    return Key(f"report:{month}", f"merchants:{page:06d}")


SLOT = len("2026-01-31T08:00:0")  # how much of a rank names its page: ten seconds


def trips_page(scenario: str, rank: str) -> Key:
    """A page of a scenario's trips, named by the first of them: ``rank`` is ``<time of the report>:<id>``."""
    return Key(f"scenario-trips:{scenario_code(scenario)}", rank)


def totals_in(scenario: str, month: str) -> str:
    """The partition of a scenario's days, by the day (Asia/Shanghai) when trips began."""
    return f"totals:{scenario_code(scenario)}:{month}"


def day_sums(scenario: str, day: str, version: int, lane: int) -> Key:
    """What the platform counts for a day under a version, in lanes."""
    return Key(totals_in(scenario, day[:7]), f"{day}:ours:{version:06d}:{lane:02d}")


def operator_totals(scenario: str, day: str, operator: str) -> Key:
    """What an operator (its id) counts for a day."""
    return Key(totals_in(scenario, day[:7]), f"{day}:theirs:{operator}")


def is_uploaded(place: str) -> bool:
    """Whether the item of a day at this sort key is an operator's."""
    return ":theirs:" in place


def totals_version(scenario: str, day: str, operator: str, version: int) -> Key:
    """A version of the same, for ever."""
    return Key(totals_in(scenario, day[:7]), f"history:{day}:{operator}:{version:06d}")


def counted(record: str) -> Key:
    """The mark that a decision about a trip was counted, where no projection sees it."""
    return Key(f"counted:{record}", "counted")


def supply_at(at: str) -> Key:
    """The supply as it was at a time."""
    return Key("supplies", at)


def reconciliation(day: str) -> Key:
    """What a day's recomputation of the books found."""
    return Key(f"reconciliation:{day}", "reconciliation")


def duties(merchant: str) -> Key:
    """Since when a merchant does not keep its duties."""
    return Key(f"duties:{merchant}", "duties")


def duties_round() -> Key:
    """How far the daily look at all merchants is."""
    return Key("duties", "round")


def noted(agenda: str, slot: str, lane: int, name: str) -> Key:
    """That something is to be looked at in a slot of time, in lanes."""
    return Key(f"agenda:{agenda}:{slot}:{lane:02d}", name)


def walked(name: str) -> Key:
    """How far the walk over an agenda, or over a whole list, is."""
    return Key(f"walk:{name}", "walk")


def stock_on(offer: str, day: str, lane: int | str) -> Key:
    """By how many units the stock of an offer changed on a day (UTC)."""
    return Key(f"offer:{offer}", f"day:{day}:{lane}")


def stock_in(offer: str, minute: str, lane: int | str) -> Key:
    """The same in a minute."""
    return Key(f"offer:{offer}", f"minute:{minute}:{lane}")
