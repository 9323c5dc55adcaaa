# SPDX-License-Identifier: BSL-1.0
# What every program of this project has in common. Nothing here reaches a user of the library.

# Warnings are errors in our own code, on both compilers, for developers: another compiler's new
# warning must not keep a user from building.
function(conq_strict target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<BOOL:${CONQ_WARNINGS_AS_ERRORS}>:-Werror>)
  target_link_libraries(${target} PRIVATE conq::conq)
endfunction()

# conq_unity(TARGET): where CONQ_UNITY_BUILD is on, many of its sources are compiled as one: more
# than half of what they take is functions of CLI11, nlohmann_json and the standard library, the
# same in each. Not CMAKE_UNITY_BUILD, which wheels have: tests use the same names for their own.
function(conq_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE 13)
  if(CONQ_UNITY_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON)
  endif()
endfunction()

# conq_shared_headers(NAME): what nearly all tests include of others, compiled once for all targets
# of the same options: a second of each file. Nothing of conq is among it: its headers are complete.
function(conq_shared_headers name)
  add_library(${name} OBJECT ${PROJECT_SOURCE_DIR}/tests/support/shared_headers.cpp)
  conq_strict(${name})
  target_link_libraries(${name} PRIVATE GTest::gtest)
  target_precompile_headers(${name} PRIVATE <gtest/gtest.h> <algorithm> <atomic> <chrono>
    <condition_variable> <deque> <functional> <map> <mutex> <optional> <string> <thread> <vector>)
endfunction()

# conq_test(NAME [SHARDS n] SOURCE...): one GoogleTest program, one test of ctest, or n that run at
# the same time, each with its share. Their label is their folder.
function(conq_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "" SHARDS "")
  add_executable(${name} ${test_UNPARSED_ARGUMENTS})
  conq_strict(${name})
  target_link_libraries(${name} PRIVATE GTest::gtest GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM shared_headers)
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
  if(NOT test_SHARDS)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${folder} TIMEOUT 600)
    return()
  endif()
  foreach(shard RANGE 1 ${test_SHARDS})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}_${shard} COMMAND ${name})
    set_tests_properties(${name}_${shard} PROPERTIES LABELS ${folder} TIMEOUT 3600
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${test_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# conq_long_runs(TARGET): what takes longer to run than to compile is optimised even where a preset
# with a sanitizer optimises nothing.
function(conq_long_runs target)
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_compile_options(${target} PRIVATE -O1)
    set_target_properties(${target} PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)  # made without -O1
  endif()
endfunction()

# conq_many_types(TARGET): it is made for many types of queues, and takes longer to optimise than
# that saves when it runs.
# At -Og g++ 12 has false alarms in std::stop_callback.
function(conq_many_types target)
  if(NOT target MATCHES "^shared_headers")
    set_target_properties(${target} PROPERTIES PRECOMPILE_HEADERS_REUSE_FROM
      shared_headers_of_many_types)
  endif()
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize" OR CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_definitions(${target} PRIVATE CONQ_TESTS_FEW_VARIANTS=1)
  endif()
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-Og>)
  endif()
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endfunction()

# conq_pytest(NAME FILE [VARIABLE=VALUE...]): one file of pytest, one test of ctest.
function(conq_pytest name file)
  add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} -m pytest -q -rs -p no:cacheprovider
    ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
  set_tests_properties(${name} PROPERTIES LABELS ${folder} TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;CONQ_SOURCE=${PROJECT_SOURCE_DIR};${ARGN}")
endfunction()
