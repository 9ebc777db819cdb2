"""What the portal holds on a tenant: told in plain words, and given to them whole (RGPD, art. 15 and 20)."""
