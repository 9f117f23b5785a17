"""The Syllable API: the only room that speaks HTTP to it. Imports no Django and no other room."""
