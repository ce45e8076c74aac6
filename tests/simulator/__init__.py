"""A world for each seed: the real SDK and HTTP stack, a network in memory, virtual time, and one source of chance.

    python -m tests.simulator --seeds 200
    python -m tests.simulator --seed 4711

A seed that fails fails again, turn of the loop for turn of the loop. See docs/decisions/0023-a-simulator.md.
"""
