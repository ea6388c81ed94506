# A package that learns nothing: small enough to count by hand.
__version__ = "1.2.3"

from .models.tiny.modeling_tiny import TinyMLP
