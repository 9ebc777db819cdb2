"""The search's index without what it never asks: where in a row a word stands, and how long the row is.

That makes room for prefixes of up to ten letters, a whole telephone number. FTS5 reads a prefix that it has an index of
as it goes, and stops at the limit; of any other it first gathers all the rows of all the words that begin so, which is
everybody for « exemple » or « 0465 ».
"""

from peewee import SqliteDatabase


def up(migrator, db):
    if not isinstance(db, SqliteDatabase):
        return
    db.execute_sql(
        "CREATE VIRTUAL TABLE tenant_search_lighter"
        " USING fts5("
        "words, tokenize = 'ascii', prefix = '1 2 3 4 5 6 7 8 9 10', detail = none, columnsize = 0)"
    )
    db.execute_sql("INSERT INTO tenant_search_lighter (rowid, words) SELECT rowid, words FROM tenant_search")
    db.execute_sql("DROP TABLE tenant_search")
    db.execute_sql("ALTER TABLE tenant_search_lighter RENAME TO tenant_search")
