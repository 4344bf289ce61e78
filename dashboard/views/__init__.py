"""One file per screen; a view reads, and answers."""
