"""Background processes: the scheduler and the workers."""
