"""What wakes the system beside requests: the stream, schedules, uploads and queues, each with all that it needs.

app.py loads one of these when its event comes, so that a request loads none.
"""
