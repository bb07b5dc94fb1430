"""How well the loop itself works: called in time, closed, recovered, rightly alarmed."""
