"""Sub-platforms (guide §7.1 b, §7.2 b): their operators admit merchants, answer for them and see what they sell."""
