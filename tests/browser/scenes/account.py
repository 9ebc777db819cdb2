"""The tenant's account, its pages in the lives that tenants lead."""
