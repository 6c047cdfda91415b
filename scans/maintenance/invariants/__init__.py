"""Everything that is always true of the stored rows, as questions to the database. `checking` asks them all."""
