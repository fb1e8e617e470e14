"""The program: commands, screens, use cases and the rules of the desk."""

__version__ = "0.1.0"
