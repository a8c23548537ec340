"""Load: a mixed day at rising rates through a stack of its own, and how long the answers took.

Requests begin when their time has come, whether or not earlier ones are answered, and their time counts from then: a
stack that falls behind shows it (no coordinated omission).
"""
