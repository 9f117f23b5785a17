"""Validation only: each form hands over what was typed, typed."""
