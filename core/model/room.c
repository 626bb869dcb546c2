/* placeholder */ typedef int tt_model_room;
