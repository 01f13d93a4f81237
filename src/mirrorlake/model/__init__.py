"""The nouns of mirrorlake: frozen values and column layouts, no I/O."""
