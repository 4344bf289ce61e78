"""Typed settings, read by the composition root alone and handed down as plain values."""
