"""The parts of a repository that images are made of, as filters of what a call uploads."""

from .programs import litter

TREES = ["images", "dags", "scripts"]
# What is in a folder that is litter isn't uploaded: it may be large, or hold logins as a clone's .git does.
# The folder itself is, so that a build can say what it leaves out.
LITTER = [*(f"**/{name}" for name in litter.UNNAMED), *(f"**/{name}/*" for name in litter.NAMED)]
