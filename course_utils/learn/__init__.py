"""Learn: networks, training, several seeds."""
