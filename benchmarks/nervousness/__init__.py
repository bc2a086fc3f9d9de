"""What calm thresholds are worth: how often they move against what that costs."""
