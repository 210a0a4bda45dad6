"""What a program that provisions people by SCIM may do: with its tokens, people and groups."""
