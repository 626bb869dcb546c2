/* placeholder */ typedef int tt_system_room;
