# cmake -D PROGRAM=lmhost -D FOLDER=out -D VERSION=x -P Texts.cmake
# Writes lmhost.1, lmhost.bash, _lmhost (zsh) and lmhost.fish from what the program says about itself.
function(ask variable)
  # A width of its own: the terminal of whoever builds must not show in the page.
  execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=COLUMNS ${PROGRAM} ${ARGN}
    OUTPUT_VARIABLE text RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} ${ARGN}: exit status ${status}")
  endif()
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

# Text as it is, safe from roff: backslashes, hyphens that are to be copied, a control character at a line's start.
function(literal variable text)
  string(REPLACE "\\" "\\e" text "${text}")
  string(REPLACE "-" "\\-" text "${text}")
  string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" text "${text}")
  set(${variable} ".nf\n${text}\n.fi\n" PARENT_SCOPE)
endfunction()

ask(overview help)
string(REGEX MATCH "Commands\n(.*)\n\nExamples\n(.*)\n\n('lmhost help COMMAND'.*)" matched "${overview}")
if(NOT matched)
  message(FATAL_ERROR "the text of 'lmhost help' has another form than this script expects")
endif()
set(command_lines "${CMAKE_MATCH_1}")
literal(commands "${CMAKE_MATCH_1}")
literal(examples "${CMAKE_MATCH_2}")
literal(closing "${CMAKE_MATCH_3}")

set(page ".TH LMHOST 1 \"\" \"lmhost ${VERSION}\" \"User Commands\"
.SH NAME
lmhost \\- what a language model costs, and why
.SH SYNOPSIS
.B lmhost
.I COMMAND
[\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...
.SH DESCRIPTION
Computes FLOPs, bytes read and written, intermediates, parameters and cache size of a language model
for any batch, sequence, cache length and precision, and shows for every number the formula, the
plugin and the source line behind it.
.SH COMMANDS
${commands}")
string(REGEX MATCHALL "\n  [a-z]+" names "\n${command_lines}")
foreach(name IN LISTS names)
  string(STRIP "${name}" name)
  ask(text help ${name})
  literal(text "${text}")
  string(TOUPPER "${name}" title)
  string(APPEND page ".SH LMHOST ${title}\n${text}")
endforeach()
string(APPEND page ".SH EXAMPLES
${examples}.SH EXIT STATUS
${closing}.SH ENVIRONMENT
.TP
.B LMHOST_PLUGIN_PATH
Folders with plugins, absolute, separated by colons; searched after those of \\-\\-plugin\\-dir.
.TP
.B LMHOST_THREADS
As \\-\\-threads.
.TP
.B NO_COLOR
No colour, whatever the terminal.
")
file(WRITE ${FOLDER}/lmhost.1 "${page}")

foreach(shell bash zsh fish)
  ask(text completion ${shell})
  set(file lmhost.${shell})
  if(shell STREQUAL zsh)
    set(file _lmhost)  # as zsh looks for it on its path; the text serves that and `source`
  endif()
  file(WRITE ${FOLDER}/${file} "${text}")
endforeach()
