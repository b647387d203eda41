"""How two predictions become one number per track, and how windows get their predictions."""
