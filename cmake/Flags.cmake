# Compiler flags for every target: C17 with GNU extensions, warnings as errors, optional sanitizers.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(TT_TESTS "build the tests" ON)
option(TT_WERROR "treat warnings as errors" ON)
option(TT_COVERAGE "count executed lines for gcov" OFF)
set(TT_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize= (address,undefined or thread)")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "build type" FORCE)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
  -Wformat=2 -Wundef -Wwrite-strings -Wcast-qual -Wpointer-arith -Wconversion -Wno-sign-conversion
  -fno-strict-aliasing -fstack-protector-strong)
if(TT_WERROR)
  add_compile_options(-Werror)
endif()
if(TT_SANITIZE)
  add_compile_options(-fsanitize=${TT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TT_SANITIZE})
else()
  add_compile_definitions($<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()
if(TT_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()
add_compile_definitions(_GNU_SOURCE TT_VERSION="${PROJECT_VERSION}")
