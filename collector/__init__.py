"""Everything that comes in: one HTTP door, one supervisor, one file a network. Knows no SQL."""
