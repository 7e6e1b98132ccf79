# One folder, one static library. A library links only folders of a lower rank; tools/check
# verifies the same rule at include level.

# The two precompiled headers: of the folders, and (muster_precompiled_tests) of their tests.
add_library(muster_precompiled STATIC ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
target_link_libraries(muster_precompiled PRIVATE fmt::fmt)
target_precompile_headers(muster_precompiled PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)

# muster_folder(NAME [PATH path-under-src] [LINK lower folders] [LIBS external libraries])
# Every .cc below the folder belongs to it.
function(muster_folder name)
  cmake_parse_arguments(arg "" "PATH" "LINK;LIBS" ${ARGN})
  if(NOT arg_PATH)
    set(arg_PATH ${name})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${arg_PATH}/*.cc)
  if(NOT sources)
    add_library(muster_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(muster_${name} STATIC ${sources})
    set(scope PUBLIC)
  endif()
  target_include_directories(muster_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  foreach(lower ${arg_LINK})
    target_link_libraries(muster_${name} ${scope} muster_${lower})
  endforeach()
  target_link_libraries(muster_${name} ${scope} ${arg_LIBS})
  if(sources)
    target_precompile_headers(muster_${name} REUSE_FROM muster_precompiled)
  endif()
endfunction()

# Tests are compiled more often than they run: their own code is not optimised.
function(muster_test_options target)
  target_compile_options(${target} PRIVATE -O0 -U_FORTIFY_SOURCE)
endfunction()

# muster_tests(FOLDER [LINK libraries]): tests/FOLDER/**_test.cc as one program, FOLDER_tests.
function(muster_tests name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_tests ${sources})
  target_include_directories(${name}_tests PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name}_tests PRIVATE ${arg_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  muster_test_options(${name}_tests)
  target_precompile_headers(${name}_tests REUSE_FROM muster_precompiled_tests)
  target_compile_definitions(${name}_tests PRIVATE
    MUSTER_SOURCE_DIR="${CMAKE_SOURCE_DIR}" MUSTER_BINARY_DIR="${CMAKE_BINARY_DIR}")
  gtest_discover_tests(${name}_tests DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
endfunction()
