"""Sources that are asked over HTTP: what all of them share, and a folder for each dialect."""
