"""Pages: leaving for another party and coming back, and one's linked accounts."""
