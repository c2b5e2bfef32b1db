"""`vibefollow doctor`: what is well and what is wrong with an installation. It only looks."""
