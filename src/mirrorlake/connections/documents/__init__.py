"""Documents that grant a connection exactly what it needs, ready to paste. Pure: no request is made."""
