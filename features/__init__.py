"""Facts known at the cutoff: dense panels and the feature families read from them."""
