"""One file a network; the registry scans this folder."""
