"""What agents search by: the folded words of each tenant, and which tenants' words are out of date.

Triggers keep the second, whatever writes the store, bulk imports among them: one small row each. The words themselves
are written by `ophportal.search.refresh`: on SQLite in FTS5's table, on PostgreSQL in an ordinary one with an index
that takes each row for a list of words.
"""

from peewee import IntegerField, Model, SqliteDatabase, TextField

# After what, in which table, the words of which tenant change.
WATCHED = (
    ("tenant", "INSERT", "SELECT NEW.id"),
    ("tenant", "UPDATE OF number, last_name, birth_name, first_names, email, phone", "SELECT NEW.id"),
    ("tenant", "DELETE", "SELECT OLD.id"),
    ("lease", "INSERT", "SELECT NEW.tenant_id"),
    ("lease", "UPDATE OF tenant_id, dwelling_id", "SELECT NEW.tenant_id UNION SELECT OLD.tenant_id"),
    ("lease", "DELETE", "SELECT OLD.tenant_id"),
    (
        "dwelling",
        "UPDATE OF reference, address, postal_code, city",
        "SELECT tenant_id FROM lease WHERE dwelling_id = NEW.id",
    ),
    ("account", "INSERT", "SELECT NEW.tenant_id"),
    ("account", "UPDATE OF code", "SELECT NEW.tenant_id"),
)


def up(migrator, db):
    class SearchStale(Model):
        tenant = IntegerField(primary_key=True)

        class Meta:
            database = db
            legacy_table_names = False

    class TenantSearch(Model):
        rowid = IntegerField(primary_key=True)
        words = TextField()

        class Meta:
            database = db
            legacy_table_names = False

    db.create_tables([SearchStale])
    if not isinstance(db, SqliteDatabase):
        db.create_tables([TenantSearch])
        db.execute_sql(
            "CREATE INDEX tenant_search_words ON tenant_search"
            " USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        )
        for table, moment, tenants in WATCHED:
            name = f"search_{table}_{moment.split()[0].lower()}"
            db.execute_sql(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" INSERT INTO search_stale (tenant) {tenants} ON CONFLICT DO NOTHING; RETURN NULL; END $$"
            )
            db.execute_sql(f"CREATE TRIGGER {name} AFTER {moment} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
        return
    # The words are folded already: « ascii » only has to part them. One prefix index a length that people type first.
    db.execute_sql("CREATE VIRTUAL TABLE tenant_search USING fts5(words, tokenize = 'ascii', prefix = '1 2 3')")
    for table, moment, tenants in WATCHED:
        name = f"search_{table}_{moment.split()[0].lower()}"
        db.execute_sql(
            f"CREATE TRIGGER {name} AFTER {moment} ON {table} BEGIN"
            f" INSERT OR IGNORE INTO search_stale (tenant) {tenants}; END"
        )
    db.execute_sql("INSERT INTO search_stale (tenant) SELECT id FROM tenant")
