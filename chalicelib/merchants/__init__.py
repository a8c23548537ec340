"""Who sells in the mall: admission, the public list, suspension and reinstatement (guide §7)."""
