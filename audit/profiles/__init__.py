"""Rule packs: dated data files, one for each law, guideline or framework that a profile speaks of.

The law changes; what a pack says holds on the day that it is dated. :mod:`..profile_packs` reads them.
"""
