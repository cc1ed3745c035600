"""What touches the machine: errors, atomic writing, the console, dates, the journal, locks and digests."""
