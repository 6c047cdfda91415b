"""Keeping an old database healthy: retention, removal and recounting."""
