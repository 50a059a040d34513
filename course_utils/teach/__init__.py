"""Teach: lessons, their exercises and pages."""
