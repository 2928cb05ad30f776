# Asks a Boost.Test program for its cases and writes one add_test() for each.
# In: PROGRAM, NAME, OUTPUT, TIMEOUT_S, ENVIRONMENT.

if(ENVIRONMENT)
  foreach(setting IN LISTS ENVIRONMENT)
    string(REGEX MATCH "^([^=]+)=(.*)$" ignored "${setting}")
    set(ENV{${CMAKE_MATCH_1}} "${CMAKE_MATCH_2}")
  endforeach()
endif()
execute_process(
  COMMAND ${PROGRAM} --list_content=HRF
  OUTPUT_VARIABLE out
  ERROR_VARIABLE listing
  RESULT_VARIABLE status
  TIMEOUT 60)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} could not list its cases (${status}):\n${out}${listing}")
endif()

# The listing is a tree, four blanks per level; `*` marks an enabled unit. A line that is deeper than the one before
# makes that one a suite.
string(REPLACE "\n" ";" lines "${listing}")
set(names)
set(levels)
foreach(line IN LISTS lines)
  if(line MATCHES "^( *)([A-Za-z_][A-Za-z0-9_<>:, ]*)\\*?(: .*)?$")
    string(STRIP "${CMAKE_MATCH_2}" name)
    string(LENGTH "${CMAKE_MATCH_1}" indent)
    math(EXPR level "${indent} / 4")
    list(APPEND names "${name}")
    list(APPEND levels ${level})
  endif()
endforeach()

set(text "# Written after the link of ${NAME}.\n")
set(path)
list(LENGTH names count)
if(count EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} has no cases:\n${listing}")
endif()
math(EXPR last "${count} - 1")
foreach(i RANGE ${last})
  list(GET names ${i} name)
  list(GET levels ${i} level)
  list(SUBLIST path 0 ${level} path)
  list(APPEND path "${name}")
  math(EXPR next "${i} + 1")
  if(next LESS count)
    list(GET levels ${next} next_level)
    if(next_level GREATER level)
      continue()
    endif()
  endif()
  string(REPLACE ";" "/" case "${path}")
  string(REPLACE ";" "." label "${path}")
  string(APPEND text "add_test([==[${NAME}.${label}]==] [==[${PROGRAM}]==] [==[--run_test=${case}]==])\n"
                     "set_tests_properties([==[${NAME}.${label}]==] PROPERTIES TIMEOUT ${TIMEOUT_S} SKIP_RETURN_CODE 77 "
                     "ENVIRONMENT [==[${ENVIRONMENT}]==])\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
