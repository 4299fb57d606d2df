"""Rendering of a shallow depth of field."""
