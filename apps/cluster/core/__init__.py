"""Pure machines: an event or the time goes in, effects come out. No I/O, clock, randomness or log of their own."""
