"""An HTML page about the last sync, made from its sync log."""
