"""Looking at results while they come in, with error rates that hold however often one looks."""
