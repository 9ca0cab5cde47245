"""Programs of TorchScript: read, checked, and made anew as graphs; torch reads nothing of the file."""
