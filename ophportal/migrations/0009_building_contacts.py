"""The contacts of buildings, known by how their dwellings' references begin."""

from peewee import IntegerField, Model, TextField


def up(migrator, db):
    class BuildingContact(Model):
        start = TextField(default="", index=True)
        role = TextField()
        name = TextField(default="")
        phone = TextField(default="")
        email = TextField(default="")
        hours = TextField(default="")
        place = IntegerField()

        class Meta:
            database = db
            legacy_table_names = False

    db.create_tables([BuildingContact])
