# The portable part: what another system's client needs as it is. It is compiled for Windows, never
# linked, so that a file that asks POSIX for something outside its seam (base/os, the client's
# platform/) fails here. Without wire/json and wire/zstd: Debian has neither library for mingw.
set(folders base topology wire model contract roles/client)
set(seams "/src/(base/os|roles/client/platform)/|/src/wire/(json|zstd|zstd_dictionary)\\.cc$")
list(TRANSFORM folders REPLACE "(.+)" "${CMAKE_SOURCE_DIR}/src/\\1/*.cc")
file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folders})
list(FILTER sources EXCLUDE REGEX "${seams}")

# These libraries' headers are the same for every system. Their folder holds many others, so each
# gets a name of its own here, and the rest of it stays unseen.
set(headers ${CMAKE_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${headers})
foreach(header fmt tl tao libical yaml.h)
  if(NOT EXISTS /usr/include/${header})
    message(FATAL_ERROR "/usr/include/${header} is missing; tools/install_packages test installs it")
  endif()
  file(CREATE_LINK /usr/include/${header} ${headers}/${header} SYMBOLIC)
endforeach()

add_library(muster_portable OBJECT ${sources})
# What must not compile: ./test portable builds it and wants to see it fail.
add_library(portable_probe OBJECT EXCLUDE_FROM_ALL
  ${CMAKE_SOURCE_DIR}/tests/portable/posix_only.cc)
foreach(target muster_portable portable_probe)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_include_directories(${target} SYSTEM PRIVATE ${headers})
endforeach()
# Whether it compiles is all that is asked, and half of what objects would cost.
set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -fsyntax-only)
target_precompile_headers(muster_portable PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
