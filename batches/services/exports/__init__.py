"""Files of the trail that workers make."""
