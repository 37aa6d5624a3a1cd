"""Marketo's asynchronous bulk extract: windows, jobs, the shared queue, files, rows. No Singer."""
