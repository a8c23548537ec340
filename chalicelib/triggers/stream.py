"""Who receives the Records of the table's stream."""

from chalicelib.accounts.statements.checkpoints import keep_checkpoints
from chalicelib.anomalies.reactions import find_anomalies
from chalicelib.batches.reactions import wake_judges
from chalicelib.buyback.reactions import note_sellers, plan_runs
from chalicelib.campaigns.closing.reactions import close_reached
from chalicelib.campaigns.refunding.reactions import refund_abandoned
from chalicelib.certificates.reactions import sign_issued
from chalicelib.conformance.reactions import continue_runs
from chalicelib.coverage.reactions import flag_uncovered
from chalicelib.disputes.reactions import resolve_disputes
from chalicelib.holds.projection import merchant_holds
from chalicelib.ledger.projection import clear, entries
from chalicelib.mall.reactions import follow_merchants, note_due, note_sold
from chalicelib.mall.redemptions.projection import sales
from chalicelib.mall.tills.following import follow_changes
from chalicelib.messages.reactions import notify_holders
from chalicelib.openness.projection import supply
from chalicelib.partners.reactions import notify_merchants
from chalicelib.provenance.projection import colours, fold_colours, uses
from chalicelib.reductions.projection import trips
from chalicelib.statistics.projection import months
from chalicelib.supervision.projection import orders
from chalicelib.totals.projection import decisions
from chalicelib.totals.reactions import compare_totals, file_reported

PROJECTIONS = (entries, sales, supply, colours, uses, merchant_holds, months, orders, trips, decisions)
CLEARING = clear
_NOTES = (note_sold, note_sellers)
_QUICK = (plan_runs, file_reported, wake_judges, notify_merchants, notify_holders, resolve_disputes, continue_runs)
_SLOW = (close_reached, sign_issued, note_due, flag_uncovered, find_anomalies, follow_merchants)  # may take long
_SLOWEST = (follow_changes, refund_abandoned, keep_checkpoints, fold_colours, compare_totals)
REACTIONS = (*_NOTES, *_QUICK, *_SLOW, *_SLOWEST)
