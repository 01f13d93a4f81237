"""What every layer may use: errors, settings, text, Arrow kernels."""
