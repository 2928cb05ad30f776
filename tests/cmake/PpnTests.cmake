# How tests are built and made known to ctest.

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH PPN_TESTS_DIR)
set(PPN_TEST_TIMEOUT_S 60)
set(PPN_TEST_ENVIRONMENT)
if(PPN_SANITIZE)
  set(PPN_TEST_TIMEOUT_S 180)
  # Without it a report names addresses instead of functions. The sanitizers accept it under its own name only, not
  # under Debian's llvm-symbolizer-16.
  find_program(PPN_SYMBOLIZER llvm-symbolizer HINTS /usr/lib/llvm-16/bin)
  set(symbolizer)
  if(PPN_SYMBOLIZER)
    set(symbolizer ":external_symbolizer_path=${PPN_SYMBOLIZER}")
  endif()
  set(PPN_TEST_ENVIRONMENT "ASAN_OPTIONS=detect_stack_use_after_return=1${symbolizer}"
                           "UBSAN_OPTIONS=print_stacktrace=1${symbolizer}"
                           "TSAN_OPTIONS=second_deadlock_stack=1:die_after_fork=0${symbolizer}")
endif()

# Where tests find their inputs and the programs they start.
add_library(ppn_test_places INTERFACE)
target_compile_definitions(
  ppn_test_places
  INTERFACE PPN_TEST_VECTORS="${PPN_TESTS_DIR}/vectors"
            PPN_EXAMPLES_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
            PPN_AI_SERVER="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/ppn-ai-server"
            PPN_COMMAND="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/ppn"
            PPN_LIBRARY="${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/libpepperpy_network.so")

# Programs that a test starts at run time are built before it.
function(ppn_needs_programs target)
  foreach(program IN ITEMS pepperpy_network ppn ppn-ai-server)
    if(TARGET ${program})
      add_dependencies(${target} ${program})
    endif()
  endforeach()
endfunction()

# Each Boost case becomes a ctest of its own: the cases are listed after the link, when they are known.
function(ppn_discover_cases target)
  set(listing ${CMAKE_CURRENT_BINARY_DIR}/${target}_cases.cmake)
  set(include_file ${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake)
  add_custom_command(
    TARGET ${target}
    POST_BUILD
    BYPRODUCTS ${listing}
    COMMAND
      ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:${target}> -D NAME=${target} -D OUTPUT=${listing} -D
      TIMEOUT_S=${PPN_TEST_TIMEOUT_S} -D "ENVIRONMENT=${PPN_TEST_ENVIRONMENT}" -P
      ${PPN_TESTS_DIR}/cmake/DiscoverBoostCases.cmake
    VERBATIM)
  file(WRITE ${include_file} "if(EXISTS \"${listing}\")\n  include(\"${listing}\")\n"
                             "else()\n  add_test(${target}_not_built ${target}_not_built)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include_file})
endfunction()

function(ppn_add_boost_tests target)
  set(main ${PPN_TESTS_DIR}/support/test_main.cpp)
  if(NOT EXISTS ${main})
    message(STATUS "${target} waits for tests/support/test_main.cpp")
    return()
  endif()
  add_executable(${target} ${ARGN} ${main})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  target_compile_definitions(${target} PRIVATE BOOST_TEST_DYN_LINK)
  target_include_directories(${target} PRIVATE ${PPN_TESTS_DIR})
  target_link_libraries(${target} PRIVATE ppn_build_flags ppn_test_places Boost::unit_test_framework Threads::Threads)
  if(TARGET ppn_test_support)
    target_link_libraries(${target} PRIVATE ppn_test_support)
  endif()
  ppn_needs_programs(${target})
  ppn_discover_cases(${target})
endfunction()

# tests/support: scripted servers and fixtures. They know nothing of the core.
function(ppn_add_test_support)
  file(GLOB sources CONFIGURE_DEPENDS ${PPN_TESTS_DIR}/support/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/test_main\\.cpp$")
  if(sources)
    add_library(ppn_test_support STATIC ${sources})
    target_include_directories(ppn_test_support PUBLIC ${PPN_TESTS_DIR})
    target_link_libraries(
      ppn_test_support
      PUBLIC Poco::NetSSL Poco::Crypto Poco::Util Poco::Net Poco::JSON Poco::Foundation OpenSSL::SSL OpenSSL::Crypto
             ZLIB::ZLIB Threads::Threads
      PRIVATE ppn_build_flags ppn_test_places)
  endif()
  file(GLOB self_tests CONFIGURE_DEPENDS ${PPN_TESTS_DIR}/support/self_test/*.cpp)
  if(self_tests)
    ppn_add_boost_tests(test_support ${self_tests})
  endif()
endfunction()

# tests/core/<module>/*.cpp -> test_<module>
function(ppn_add_core_tests)
  file(GLOB modules CONFIGURE_DEPENDS LIST_DIRECTORIES true ${PPN_TESTS_DIR}/core/*)
  foreach(module IN LISTS modules)
    file(GLOB sources CONFIGURE_DEPENDS ${module}/*.cpp)
    if(NOT sources)
      continue()
    endif()
    get_filename_component(name ${module} NAME)
    ppn_add_boost_tests(test_${name} ${sources})
    if(TARGET test_${name})
      target_link_libraries(
        test_${name} PRIVATE ppn_core Poco::NetSSL Poco::Crypto Poco::Util Poco::Net Poco::JSON Poco::Foundation
                             OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB)
    endif()
  endforeach()
endfunction()

# tests/capi: through the shared library alone, never linking the core. A C file is a program and a test of its own.
function(ppn_add_capi_tests)
  if(NOT TARGET pepperpy_network)
    return()
  endif()
  file(GLOB cases CONFIGURE_DEPENDS ${PPN_TESTS_DIR}/capi/*.cpp)
  if(cases)
    ppn_add_boost_tests(test_capi ${cases})
    if(TARGET test_capi)
      target_link_libraries(test_capi PRIVATE pepperpy_network)
    endif()
  endif()
  file(GLOB programs CONFIGURE_DEPENDS ${PPN_TESTS_DIR}/capi/*.c)
  foreach(source IN LISTS programs)
    get_filename_component(name ${source} NAME_WE)
    set(target capi_${name})
    add_executable(${target} ${source})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    target_compile_options(${target} PRIVATE -pedantic)
    target_link_libraries(${target} PRIVATE ppn_build_flags ppn_test_places pepperpy_network Threads::Threads
                                            ${CMAKE_DL_LIBS})
    if(PPN_SANITIZE)
      set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
    endif()
    ppn_needs_programs(${target})
    add_test(NAME capi.${name} COMMAND ${target})
    set_tests_properties(capi.${name} PROPERTIES TIMEOUT ${PPN_TEST_TIMEOUT_S} SKIP_RETURN_CODE 77
                                                 ENVIRONMENT "${PPN_TEST_ENVIRONMENT}")
  endforeach()
endfunction()

# tests/cpp: the C++ wrapper over the shared library, never linking the core.
function(ppn_add_cpp_tests)
  file(GLOB cases CONFIGURE_DEPENDS ${PPN_TESTS_DIR}/cpp/*.cpp)
  if(NOT TARGET pepperpy_network OR NOT cases)
    return()
  endif()
  ppn_add_boost_tests(test_cpp ${cases})
  if(TARGET test_cpp)
    target_compile_options(test_cpp PRIVATE -Wpedantic)
    target_link_libraries(test_cpp PRIVATE pepperpy_network)
  endif()
endfunction()

# tests/bindings/shim: what lies between the C ABI and the languages, played by handlers in C++.
function(ppn_add_shim_tests)
  file(GLOB cases CONFIGURE_DEPENDS ${PPN_TESTS_DIR}/bindings/shim/*.cpp)
  if(NOT TARGET ppn_bindings_shim OR NOT cases)
    return()
  endif()
  ppn_add_boost_tests(test_shim ${cases})
  if(TARGET test_shim)
    target_link_libraries(test_shim PRIVATE ppn_bindings_shim)
  endif()
endfunction()

# tests/examples/test_*.py: the ppn command and the example programs as their users start them. Each file is a test.
function(ppn_add_example_tests)
  if(NOT TARGET ppn OR NOT TARGET ppn-ai-server)
    return()
  endif()
  math(EXPR timeout_s "${PPN_TEST_TIMEOUT_S} * 5")
  file(GLOB scripts CONFIGURE_DEPENDS ${PPN_TESTS_DIR}/examples/test_*.py)
  foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME_WE)
    string(REGEX REPLACE "^test_" "examples." name ${name})
    add_test(NAME ${name} COMMAND Python3::Interpreter -B ${script} -v)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout_s} SKIP_RETURN_CODE 77
                                            ENVIRONMENT "PPN_BUILD_DIR=${PROJECT_BINARY_DIR};${PPN_TEST_ENVIRONMENT}")
  endforeach()
endfunction()
