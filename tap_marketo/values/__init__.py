"""Types, names and times: what every other room builds on."""
