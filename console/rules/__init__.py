"""What the desk knows: pure functions over records with `now` passed in."""
