"""The guide's journey: Identification, the code d'accès, the passwords."""
