"""One step forward each, which the running version survives. A migration that has shipped is not edited."""
