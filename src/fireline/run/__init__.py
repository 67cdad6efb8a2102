"""The ledger and what moves it: advance, execute, approve, gate, undo; the contract of a remedy."""
