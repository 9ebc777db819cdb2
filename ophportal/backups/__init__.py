"""Backups: one file with the store and the documents, made while the portal serves; and bringing one back.

The file is a tar, of any office on any kind of store (docs/decisions/0009-backups.md):

    ophportal.sqlite                    the store, as SQLite has it
    documents/ab/abcd…                  each content under its SHA-256
    manifest.json                       what is in it, sealed under the secret key; the last: a file cut short has none
"""
