"""The merchants of a month, where they are too many for one answer: made page by page, each kept for ever."""
