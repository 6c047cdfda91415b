"""Our own traffic to a target, and the rules that say whether it is allowed."""
