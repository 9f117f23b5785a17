"""What happened: every act of a person and, in time, every change that ended. Knows no other room."""
