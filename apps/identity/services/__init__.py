"""What can be done with connections, linked accounts and directories."""
