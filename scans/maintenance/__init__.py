"""What keeps an old database healthy: retention, removal and recounting."""
