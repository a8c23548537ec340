"""Account life by two officials: lost logins, numbers claimed by others, inheritance, new names (guide §3.1)."""
