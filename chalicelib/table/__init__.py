"""The only room that knows DynamoDB: every key, the conditional Write, the one commit, the reads."""
