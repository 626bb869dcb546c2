/* placeholder */ typedef int tt_sqlite_room;
