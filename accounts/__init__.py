"""People: who they are, how they log in, what they may do, and the mails they get."""
