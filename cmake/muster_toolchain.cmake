# Compiler flags, sanitizers, ccache and mold: one place for all of them.
add_compile_options(-Wall -Wextra -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough -fno-strict-aliasing)
add_compile_options(-fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wno-gnu-statement-expression)
endif()
if(MUSTER_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT MUSTER_SANITIZE)
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

if(MUSTER_FUZZ)
  # The libraries' coverage for the fuzz targets; it costs the tests beside them nothing but time.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(MUSTER_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(MUSTER_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
endif()

find_program(MUSTER_CCACHE ccache)
if(MUSTER_CCACHE)
  # The looseness that precompiled headers need: their time does not count, their content does.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    ${MUSTER_CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  else()
    add_compile_options(-fpch-preprocess)
  endif()
endif()
find_program(MUSTER_MOLD mold)
if(MUSTER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
