"""The public benchmark of gate reading: pictures drawn from seeds and sealed, any reader as a command, wrong opens first."""
