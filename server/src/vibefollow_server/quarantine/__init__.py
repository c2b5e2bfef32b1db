"""Records that were accepted and make no sense: kept with the reason, to be replayed or discarded."""
