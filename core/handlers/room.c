typedef int tt_handlers_room;
