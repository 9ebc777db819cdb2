"""Telephones with a country's code are folded as those without: the words of their tenants have to be written anew."""


def up(migrator, db):
    # No « LIKE »: PostgreSQL's driver takes its sign for a value's place.
    db.execute_sql(
        "INSERT INTO search_stale (tenant) SELECT id FROM tenant"
        " WHERE replace(phone, '+', '') <> phone OR substr(phone, 1, 2) = '00' ON CONFLICT DO NOTHING"
    )
