// The completion script of zsh, to be sourced, or kept as `_cambist` in a directory of `fpath`.

import { shellTables } from './shell-tables.ts';
import type { Tables } from './tables.ts';

/** The whole script. */
export function zshScript(tables: Tables): string {
  return `#compdef cambist
# Completion of cambist for zsh, printed by \`cambist completion zsh\`.
${shellTables(tables)}
${LOGIC}`;
}

const LOGIC = `_cambist_look_up() { # what only cambist itself knows; quick, silent, and it asks nobody
  local -a found
  found=("\${(@f)$("\${\${(Q)words[1]}/#\\~\\//$HOME/}" __complete "$1" "$PREFIX" "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null </dev/null)}")
  found=("\${(@)found/$'\\t'/:}")
  (( \${#\${(j::)found}} )) && _describe -t values value found
}
_cambist() {
  local at='' option='' word='' expects='' past='' cambist_kind=''
  local -i positional=0 i
  local -a cambist_commands cambist_options cambist_words
  for ((i = 2; i < CURRENT; i++)); do
    word=\${(Q)words[i]}
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
        if (( \${cambist_commands[(I)\${(b)word}:*]} )); then
          at="\${at:+$at }$word"
        elif [[ -n $at || $word != help ]]; then
          positional+=1
        fi
        ;;
    esac
  done
  if [[ -n $past ]]; then
    if [[ $at == exec ]]; then
      words=("\${(@)words[past+1,-1]}")
      (( CURRENT -= past ))
      _normal
    else
      _files
    fi
    return
  fi
  if [[ -z $expects && $PREFIX == --*=* ]]; then
    option=\${PREFIX%%=*} expects=1
    compset -P '*='
  fi
  if [[ -n $expects ]]; then
    _cambist_value "$at" "$option"
  elif [[ $PREFIX == -* ]]; then
    _cambist_describe "$at"
    _describe -o option cambist_options
    return
  else
    _cambist_describe "$at"
    _cambist_value "$at" "#$((positional + 1))"
    (( \${#cambist_commands} )) && _describe -t commands command cambist_commands
  fi
  case $cambist_kind in
    words) compadd -a cambist_words ;;
    look-up) _cambist_look_up "\${cambist_words[1]}" ;;
    files) _files ;;
    directories) _files -/ ;;
  esac
}
if [[ \${funcstack[1]} == _cambist ]]; then
  _cambist "$@"
else
  compdef _cambist cambist
fi
`;
