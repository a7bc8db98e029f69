# Prints what fish offers for each line, in the form of capture.zsh: `fish --no-config capture.fish SCRIPT LINE…`.
source $argv[1]
for line in $argv[2..-1]
    for word in (complete -C "$line" | string replace -r '\t.*' '')
        printf 'OFFERED %s\n' $word
    end
    printf 'LINE %s\n' "$line"
end
