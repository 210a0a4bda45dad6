"""What the people who run the installation see of its cluster: tables in a terminal, figures for monitoring."""
