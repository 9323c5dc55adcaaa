# SPDX-License-Identifier: BSL-1.0
# What the targets of this project have in common. Nothing here affects a user of the library.

# For developers, warnings are errors in our own code, on both compilers. For users they are not: a
# new warning of another compiler must not keep them from building.
function(conq_strict target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<BOOL:${CONQ_WARNINGS_AS_ERRORS}>:-Werror>)
  target_link_libraries(${target} PRIVATE conq::conq)
endfunction()

# conq_unity(TARGET): if CONQ_UNITY_BUILD is on, compiles many of its sources as one. More than half
# of their compile time goes into functions of CLI11, nlohmann_json and the standard library that
# are the same in each. CMAKE_UNITY_BUILD, which wheels set, is no substitute: sources of tests
# define the same names.
function(conq_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE 13)
  if(CONQ_UNITY_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON)
  endif()
endfunction()

# conq_shared_headers(NAME): compiles the foreign headers that nearly all tests include, once for
# all targets with the same options. This saves a second for each file. It contains no header of
# conq, so the tests still show that conq's headers are complete.
function(conq_shared_headers name)
  add_library(${name} OBJECT ${PROJECT_SOURCE_DIR}/tests/support/shared_headers.cpp)
  conq_strict(${name})
  target_link_libraries(${name} PRIVATE GTest::gtest)
  target_precompile_headers(${name} PRIVATE <gtest/gtest.h> <algorithm> <atomic> <chrono>
    <condition_variable> <deque> <functional> <map> <mutex> <optional> <string> <thread> <vector>)
endfunction()

# conq_test(NAME [SHARDS n] SOURCE...): makes one GoogleTest program. It is one test of ctest, or n
# tests that can run at the same time, each with its share. The label is the name of the folder.
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

# conq_long_runs(TARGET): for a target that takes longer to run than to compile. It is optimised
# even in a preset with a sanitizer, which otherwise optimises nothing.
function(conq_long_runs target)
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_compile_options(${target} PRIVATE -O1)
    set_target_properties(${target} PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)  # made without -O1
  endif()
endfunction()

# conq_many_types(TARGET): for a target that is compiled for many types of queues. Optimising it
# takes longer than it saves at run time.
# At -Og, g++ 12 gives false warnings about std::stop_callback.
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

# conq_pytest(NAME FILE [VARIABLE=VALUE...]): registers one pytest file as one test of ctest.
function(conq_pytest name file)
  add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} -m pytest -q -rs -p no:cacheprovider
    ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
  set_tests_properties(${name} PROPERTIES LABELS ${folder} TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;CONQ_SOURCE=${PROJECT_SOURCE_DIR};${ARGN}")
endfunction()
