"""What can go wrong outside, and how often: a share of the calls, unless it says otherwise."""

from collections import Counter

FAULTS = {
    "conflict": 0.01,  # another transaction is at work on an item
    "throttled item": 0.004,
    "throttling": 0.004,
    "server error": 0.004,
    "time-out before the commit": 0.004,
    "lost answer": 0.008,  # the commit happened, its answer did not come
    "late commit": 0.004,  # the request is on its way for seconds, and commits then
    "forgotten token": 0.1,  # of lost answers: the retry comes after the ten minutes of its ClientRequestToken
    "two phases": 0.25,  # of transactions: others see its locks
    "death": 0.003,
    "pause": 0.003,  # the process stands still, while others work
    "stale index": 0.1,  # of changes to the index: it takes seconds to minutes
    "duplicate event": 0.05,  # of batches: they are delivered twice
    "partial batch": 0.3,  # of batches: they are cut at another place than before
    "cold start": 0.1,  # of calls: in a process that remembers nothing
    "clock skew": 1.0,  # seconds
    "outage": 0.01,  # of the weather's looks: one service is away for a while
    "lost request": 0.02,  # the client hears nothing
    "twin": 0.05,  # of requests: sent twice, at once or much later
    "crowd": 0.05,  # of sales: so many buyers met at the tills of an offer that it is to have more
    "rival": 0.3,  # of some requests: another of the same party wants the opposite
    "slow partner": 0.3,  # of calls to merchants' systems: late, broken, or away
}

# What a long run should have seen. Those that did not happen are named at its end.
SOMETIMES = (
    "a commit met a conflict",
    "a commit met the locks of another",
    "a commit was retried by the edge",
    "an answer was lost after the commit",
    "a lost request committed later",
    "a token was forgotten, and the Record answered",
    "a process died before a commit",
    "a process died between commit and answer",
    "a function ran out of time",
    "the index was stale",
    "the table was away",
    "the queue was away",
    "a key was replayed",
    "a twin came while its request was under way",
    "a caller was answered contended",
    "a caller was answered unavailable",
    "an event came twice",
    "an event came again after minutes",
    "a projection found its Records projected",
    "a message came twice",
    "a till was empty and another served",
    "an order took from several tills",
    "a till followed its offer",
    "an offer got more tills",
    "units went from till to till",
    "an offer sold out",
    "a limit was reached",
    "a daily cap was reached",
    "a price changed under a buyer",
    "points were short",
    "an order was refunded from its till",
    "an order was refunded after the sweep",
    "an order was refunded in grams",
    "an order was cancelled by its buyer",
    "an order expired",
    "a hold was captured",
    "a hold was captured in part",
    "a hold was released",
    "a hold expired",
    "a hold was due while it was captured",
    "a hold was refunded",
    "a day's limit of a grant was reached",
    "a reduction was confirmed by hand",
    "a reduction was rejected",
    "a reduction was reversed in full",
    "a reversal left a debt",
    "a debt was repaid",
    "a record was reported twice",
    "a campaign was closed with donations",
    "a donation came too late",
    "a merchant was bought back",
    "a run was resumed",
    "a run finished",
    "a merchant retired grams",
    "an account was frozen with work under way",
    "an account was closed and opened again",
    "a webhook was tried again",
    "a statement was read while it changed",
    "a person entered a draw twice",
    "an entry came too late",
    "an entry won a draw",
    "an entry lost a draw",
    "an order of a draw was made in part",
    "an object was disputed already",
    "a dispute was withdrawn",
    "a dispute was dismissed",
    "a dispute was resolved before its ruling",
    "a ruling refunded an order",
    "a ruling released a hold",
    "a ruling refunded a hold",
    "a ruling reversed a reduction",
    "a merchant began to leave",
    "a merchant left",
    "a merchant left with points",
    "an order of a merchant that left was refunded",
    "a merchant came back",
    "an account was rebound",
    "an account was rebound with a debt",
    "an official tried to decide alone",
    "the bucket was away",
    "a file's event came twice",
    "a file's event was given up",
    "a file was refused whole",
    "a file came packed",
    "a file had several lanes",
    "two workers were in a lane",
    "a batch waited for room",
    "a line was refused",
    "a line was a duplicate",
    "a batch was confirmed",
    "a batch was rejected",
    "a batch was reversed",
    "a judgement left a line",
    "an institution applied twice",
    "a document was taken",
    "a document was refused",
    "a submission lacked documents",
    "a review came too late",
    "a handshake failed",
    "an application was returned",
    "an application was rejected",
    "an application was withdrawn",
    "an institution joined",
    "an event was admitted",
    "an event was admitted beside a mode",
    "a merchant was reminded of an end",
    "a merchant's agreement ended",
    "a merchant's licence ended",
    "what had ended was renewed",
    "an account was inherited",
    "an account was inherited with a debt",
    "a number was freed",
    "an owner got her number back",
    "something came back to an heir",
)


class Seen(Counter[str]):
    """How often each happened."""

    def never(self) -> list[str]:
        return [each for each in SOMETIMES if not self[each]]

    def ever(self) -> list[tuple[str, int]]:
        return sorted((each, times) for each, times in self.items() if times)
