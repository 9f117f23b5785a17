"""The Syllable API: the only room that speaks HTTP to it. Imports no Django and nothing else of ours."""
