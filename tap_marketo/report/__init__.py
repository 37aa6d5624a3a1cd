"""One page of HTML that shows the last sync, from its sync log."""
