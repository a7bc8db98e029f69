# Prints what bash offers for each line, in the form of capture.zsh: `bash --norc capture.bash SCRIPT LINE…`.
source "$1"
shift
for line in "$@"; do
  # As bash splits it, with = and : among COMP_WORDBREAKS.
  split=${line//=/ = }
  read -ra COMP_WORDS <<< "${split//:/ : }"
  [[ $split == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _cambist
  for word in "${COMPREPLY[@]}"; do printf 'OFFERED %s\n' "$word"; done
  printf 'LINE %s\n' "$line"
done
