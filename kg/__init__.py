"""The map of machine-learning research that you build yourself."""
