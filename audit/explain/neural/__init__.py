"""Inside a neural network: what its hidden layers know of a group, which units carry it, and what they do."""
