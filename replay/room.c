typedef int tt_replay_room;
