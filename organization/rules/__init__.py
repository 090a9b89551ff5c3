"""Pure rules about units: codes and files."""
