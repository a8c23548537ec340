"""The only room that knows SQS: work that is handed on. Never the only place where work is remembered."""
