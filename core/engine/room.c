/* placeholder */ typedef int tt_engine_room;
