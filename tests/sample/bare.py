"""An application without models."""
