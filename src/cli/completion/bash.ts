// The completion script of bash, from version 3.2 (macOS) on.

import { shellTables } from './shell-tables.ts';
import type { Tables } from './tables.ts';

/** The whole script. */
export function bashScript(tables: Tables): string {
  return `# Completion of cambist for bash, printed by \`cambist completion bash\`.
${shellTables(tables)}
${LOGIC}`;
}

// What others chose, such as names of objects, is compared and stored, and never evaluated: no \`compgen -W\`, no \`eval\`.
const LOGIC = `_cambist_offer() { # the words that begin with what is typed
  local word
  for word in "$@"; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$lead$word")
  done
}
_cambist_paths() { # files (-f), directories (-d) or programs (-c)
  local word
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do
    COMPREPLY+=("$lead$word")
  done < <(compgen "$1" -- "$cur")
}
_cambist_look_up() { # what only cambist itself knows; quick, silent, and it asks nobody
  local word rest
  while IFS=$'\\t' read -r word rest; do
    _cambist_offer "$word"
  done < <("\${COMP_WORDS[0]/#\\~\\//$HOME/}" __complete "$1" "$cur" "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null </dev/null)
}
_cambist() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at='' option='' lead='' word item i
  local expects='' past='' positional=0 cambist_kind=''
  local -a cambist_commands cambist_options cambist_words
  COMPREPLY=()
  # bash splits a word at every = and :, unless COMP_WORDBREAKS says otherwise.
  [[ $cur == = || $cur == : ]] && cur=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == = || $word == : ]]; then
      expects=1
      continue
    fi
    if [[ -n $expects ]]; then
      expects='' option=''
      continue
    fi
    case $word in
      --)
        past=$i
        break
        ;;
      -*=*) ;;
      -*)
        _cambist_value "$at" "$word"
        [[ -n $cambist_kind ]] && expects=1 option=$word
        ;;
      *)
        _cambist_describe "$at"
        for item in "\${cambist_commands[@]}"; do
          if [[ \${item%%:*} == "$word" ]]; then
            at="\${at:+$at }$word"
            continue 2
          fi
        done
        [[ -z $at && $word == help ]] || positional=$((positional + 1))
        ;;
    esac
  done
  if [[ -n $past ]]; then
    if [[ $at == exec ]] && ((COMP_CWORD == past + 1)); then _cambist_paths -c; else _cambist_paths -f; fi
    return
  fi
  if [[ -z $expects && $cur == --*=* ]]; then
    option=\${cur%%=*} expects=1
    lead="$option="
    cur=\${cur#*=}
  fi
  if [[ -n $expects ]]; then
    cambist_kind='' cambist_words=()
    [[ -n $option ]] && _cambist_value "$at" "$option"
  elif [[ $cur == -* ]]; then
    _cambist_describe "$at"
    _cambist_offer "\${cambist_options[@]%%:*}"
    return
  else
    _cambist_describe "$at"
    _cambist_offer "\${cambist_commands[@]%%:*}"
    _cambist_value "$at" "#$((positional + 1))"
  fi
  case $cambist_kind in
    words) _cambist_offer "\${cambist_words[@]}" ;;
    look-up) _cambist_look_up "\${cambist_words[0]}" ;;
    files) _cambist_paths -f ;;
    directories) _cambist_paths -d ;;
  esac
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _cambist cambist
`;
