"""What a tenant tells of each kind of connection, as structs; one file for each family of kinds."""
