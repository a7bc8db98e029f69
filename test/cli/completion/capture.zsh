# Prints what zsh offers for each line: `zsh -f capture.zsh SCRIPT LINE…`. A second zsh sits at a terminal of its own, and is typed to.
emulate -L zsh
zmodload zsh/zpty || exit 3
local script=$1 directory=$(mktemp -d)
shift
cat > $directory/start.zsh <<'START'
PS1=''
autoload -Uz compinit && compinit -u -D
source $SCRIPT
compadd() {
  local -a found
  # What only fills an array offers nothing.
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return
  fi
  builtin compadd -A found "$@"
  print -rl -- ${found/#/OFFERED } >> $OFFERED
  builtin compadd "$@"
}
finish() {
  print -r -- "LINE $BUFFER" >> $OFFERED
  BUFFER=''
}
zle -N finish
bindkey '^I' complete-word
bindkey '^G' finish
START
zpty shell zsh -f -i
zpty -w shell "OFFERED=${(q)directory}/offered SCRIPT=${(q)script}; source $directory/start.zsh"
integer done=0 tries
for line in "$@"; do
  zpty -n -w shell "$line"$'\t\C-G'
  (( done += 1, tries = 0 ))
  while [[ ! -f $directory/offered ]] || (( $(grep -c '^LINE' $directory/offered) < done )); do
    (( (tries += 1) > 400 )) && exit 4
    zpty -r -t shell >/dev/null
    sleep 0.02
  done
done
zpty -d shell
cat $directory/offered
rm -rf $directory
