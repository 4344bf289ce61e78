"""The timeline and the highlights of an event for feed readers: Atom, RSS and JSON Feed say the same."""
