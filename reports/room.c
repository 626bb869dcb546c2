/* placeholder */ typedef int tt_reports_room;
