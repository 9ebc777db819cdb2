"""From the ERP's files to the store."""
