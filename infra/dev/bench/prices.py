"""What is assumed where nothing was measured: prices, the mix of requests, quotas. Replace, then ``make cost``."""

from typing import NamedTuple

from chalicelib import lanes

# US dollars, list prices of us-east-1 as remembered in 2025, NOT fetched and NOT those of cn-north-1 or ap-east-1
# (higher, and in China billed in yuan by another operator): assumptions, to be replaced by the contract's own.
SOURCE = "us-east-1 list prices as remembered in 2025; nothing was fetched"
PRICES = {
    "write unit": 0.625e-6,
    "read unit": 0.125e-6,
    "table GB-month": 0.25,
    "backup GB-month": 0.20,  # point-in-time recovery
    "export GB": 0.10,  # to S3: of the table's size, or of the changes that DynamoDB reads for it
    "Lambda request": 0.20e-6,
    "Lambda GB-second": 13.3334e-6,  # arm64
    "API request": 3.50e-6,  # REST
    "S3 GB-month": 0.023,
    "S3 put": 5e-6,
    "SQS request": 0.40e-6,
    "log GB": 0.50,
    "metric": 0.30,
    "KMS signature": 15e-6,  # ECC P-256
    "KMS key": 1.0,
    "secret": 0.40,
}

DAYS = 30


class Volume(NamedTuple):
    """A day: movements, and reads (own account, statement, shelf: two read units each)."""

    accounts: int
    trips: int
    redemptions: int = 0
    reads: int = 0
    certificates: int = 0  # cancellations and donations

    def times(self, number: int) -> "Volume":
        """So many times as much of everything."""
        return Volume(*(number * each for each in self))

    @property
    def alone(self) -> "Volume":
        """Trips without what their points are used for."""
        return Volume(self.accounts, self.trips)


DAY = Volume(accounts=1_000_000, trips=1_000_000, redemptions=100_000, reads=500_000, certificates=10_000)
MILLIONS = (1, 10, 30)  # of trips a day
REQUEST_SECONDS, REQUEST_GB = 0.030, 1.77  # of Lambda, mostly waiting for one transaction
CHUNK_SECONDS, CONSUMER_GB = 0.050, 1.0  # the consumer's, for sixteen Records
BATCH_LINE_SECONDS = 0.002  # sixteen threads share a function
# The daily reconciliation: bytes of an item, the share of them that an export keeps packed, seconds to count and judge
# one (of the export that infra/dev/bench/exports.py makes: 0.11, and 27 µs)
ITEM_BYTES, PACKED_SHARE, ITEM_SECONDS = 600, 0.2, 60e-6
# The same of an account that a day has from the day before (measured: 12 bytes of 155, and 7 µs); and what a write unit
# brings to an export of changes: each KB of a transaction takes two.
ACCOUNT_PACKED_BYTES, ACCOUNT_SECONDS, UNIT_BYTES = 40, 15e-6, 512
EXPORTS_KEPT = 8  # seven days, and one more as an overwritten version (infra/data.yaml)
# Billed as running since August 2025 (AWS Compute Blog, "AWS Lambda standardizes billing for INIT Phase"). The share is
# assumed ("a very small fraction", says AWS); so is the time: twice the quarter of a second of an import here.
INIT_SECONDS, COLD_SHARE = 0.5, 0.01
LOG_BYTES = 600  # a request's line, and what Lambda says of the invocation
METRICS = 60  # a metric of ours, or of ours and one refusal code
PEAK = 10  # the busiest second against the day's mean


class Quota(NamedTuple):
    """A limit, and what makes it move."""

    name: str
    most: float
    remedy: str


TABLE = Quota("write units a second of the table", 40_000, "ask AWS; on demand it doubles within 30 minutes")
GATEWAY = Quota("API Gateway requests a second", 10_000, "ask AWS; report in batches")
LAMBDA = Quota("Lambda running at once", 1_000, "ask AWS; reserve for the API")
_SUMS = f"consumer transactions a second on the {lanes.LANES} lanes of sums"
LANES = Quota(_SUMS, 10 * lanes.LANES, "more lanes: one constant")
SIGNER = Quota("KMS signatures a second", 300, "ask AWS; signatures come after the commit and may wait")
