"""Look: pictures in 2D and 3D, still and interactive."""
