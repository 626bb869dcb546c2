# tt_room(NAME DEPS rooms... LIBS libraries...)
#
# A room is one folder and one static library, tt_NAME, that may use the rooms named in DEPS and
# nothing else. Static libraries alone would let a wrong call slip through (the final program links
# every room), so each room is linked once more, alone with its DEPS, into a module in which
# undefined symbols are errors: a forbidden dependency does not link. Both are made of the same
# object files; under a sanitizer, whose symbols are undefined on purpose, the module is left out.
function(tt_room NAME)
  cmake_parse_arguments(ROOM "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB SOURCES CONFIGURE_DEPENDS *.c)
  list(TRANSFORM ROOM_DEPS PREPEND tt_)
  add_library(objects_${NAME} OBJECT ${SOURCES})
  target_include_directories(objects_${NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(objects_${NAME} PRIVATE ${ROOM_DEPS} ${ROOM_LIBS})

  add_library(tt_${NAME} STATIC $<TARGET_OBJECTS:objects_${NAME}>)
  target_include_directories(tt_${NAME} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(tt_${NAME} PUBLIC ${ROOM_DEPS} PRIVATE ${ROOM_LIBS})
  if(NOT TT_SANITIZE)
    add_library(arrows_${NAME} MODULE $<TARGET_OBJECTS:objects_${NAME}>)
    target_link_libraries(arrows_${NAME} PRIVATE ${ROOM_DEPS} ${ROOM_LIBS})
    target_link_options(arrows_${NAME} PRIVATE -Wl,-z,defs)
    set_target_properties(arrows_${NAME} PROPERTIES LINKER_LANGUAGE C
      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/arrows)
  endif()
endfunction()
