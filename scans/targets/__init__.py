"""The product's own traffic to targets, and the rules that decide whether it is allowed."""
