"""What the product says against the planted truth: of simulated books, and of tabular worlds.

The only code beside the simulator and the tests that reads `truth/`. Nothing that is trained or served may
import it.
"""
