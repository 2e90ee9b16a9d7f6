/**
 * For each shell, a function that asks `pawl complete -- WORDS` and offers the lines of the answer, each a word and its description after a
 * tab; where there is none, files. The words are passed on as they were typed: nothing in them is evaluated.
 */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `
_pawl() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(pawl complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _pawl pawl
`,
  zsh: `
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_pawl() {
  local -a found
  found=("\${(@f)$(pawl complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)\${(@)found//:/\\\\:}/$'\\t'/:}")
  if [[ -n "$found" ]]; then _describe 'pawl' found; else _files; fi
}
compdef _pawl pawl
`,
  fish: `
function __pawl_complete
  set -l found (pawl complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c pawl -f -a '(__pawl_complete)'
`,
}

/** Prints the script for a shell; false if there is none. */
export function printScript(shell: string): boolean {
  const script = SCRIPTS[shell]
  if (script !== undefined) process.stdout.write(`# Completion of pawl.${script}`)
  return script !== undefined
}
