"""What a message is made of, and the messages that concern institutions."""
