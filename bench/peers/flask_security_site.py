"""A minimal Flask-Security site: the quick start of its documentation (Flask-SQLAlchemy, `fsqla`), in production."""

import os

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore
from flask_security.models import fsqla_v3 as fsqla
from flask_sqlalchemy import SQLAlchemy

application = Flask("flask_security_site")
application.config.update(
    SECRET_KEY="a-key-for-the-benchmark-alone-0123456789",
    SECURITY_PASSWORD_SALT="146585145368132386173505678016728509634",
    REMEMBER_COOKIE_SAMESITE="strict",
    SESSION_COOKIE_SAMESITE="strict",
    SQLALCHEMY_DATABASE_URI=f"sqlite:///{os.environ['BENCH_DATABASE']}",
    SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True},
)
db = SQLAlchemy(application)
fsqla.FsModels.set_db_info(db)


class Role(db.Model, fsqla.FsRoleMixin):
    pass


class User(db.Model, fsqla.FsUserMixin):
    pass


application.security = Security(application, SQLAlchemyUserDatastore(db, User, Role))

if __name__ == "__main__":
    with application.app_context():
        db.create_all()
