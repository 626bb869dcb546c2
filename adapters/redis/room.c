/* placeholder */ typedef int tt_redis_room;
