// The completion script of fish.

import type { Value } from './model.ts';
import type { Item, Line, Tables } from './tables.ts';

/** The whole script. */
export function fishScript({ commands, options, values }: Tables): string {
  return `# Completion of cambist for fish, printed by \`cambist completion fish\`.
function __cambist_commands --argument-names at
${switchOf('"$at"', commands, printItems)}
end
function __cambist_options --argument-names at
${options.map((table) => switchOf('"$at"', table, printItems)).join('\n')}
end
# The kind of a value, nothing for a flag, then its words.
function __cambist_value --argument-names at option
${switchOf('"$at $option"', values, printValue)}
end
${LOGIC}`;
}

const printItems = (items: readonly Item[]): string =>
  `printf '%s\\n' ${items.map(([word, description]) => quoted(`${word}\t${description}`)).join(' ')}`;

function printValue(value: Value): string {
  const words = value.kind === 'words' ? value.words : value.kind === 'look-up' ? [value.what] : [];
  return `printf '%s\\n' ${[value.kind, ...words].map(quoted).join(' ')}`;
}

function switchOf<T>(subject: string, lines: readonly Line<T>[], body: (entry: T) => string): string {
  const cases = lines.map(
    ({ patterns, entry }) => `        case ${patterns.map(quoted).join(' ')}\n            ${body(entry)}`,
  );
  return `    switch ${subject}\n${cases.join('\n')}\n    end`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

const LOGIC = `function __cambist_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l before $words
    set -l at ''
    set -l option ''
    set -l positional 0
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        if test -n "$option"
            set option ''
            continue
        end
        switch $word
            case --
                if test "$at" = exec; and set -q words[1]
                    complete -C (string join ' ' -- (string escape -- $words) "$current")
                else if test "$at" = exec
                    complete -C "$current"
                else
                    __fish_complete_path "$current"
                end
                return
            case '-*=*'
            case '-*'
                set -l value (__cambist_value "$at" $word)
                test -n "$value[1]"; and set option $word
            case '*'
                if contains -- $word (__cambist_commands "$at" | string replace -r '\\t.*' '')
                    set at (string trim -- "$at $word")
                else if test "$at$word" != help
                    set positional (math $positional + 1)
                end
        end
    end
    set -l lead ''
    if test -z "$option"; and string match -q -- '--*=*' "$current"
        set option (string replace -r '=.*' '' -- "$current")
        set lead "$option="
        set current (string replace -r '^[^=]*=' '' -- "$current")
    end
    set -l value
    if test -n "$option"
        set value (__cambist_value "$at" $option)
    else if string match -q -- '-*' "$current"
        __cambist_options "$at"
        return
    else
        __cambist_commands "$at"
        set value (__cambist_value "$at" "#"(math $positional + 1))
    end
    set -l found
    switch "$value[1]"
        case words
            set found $value[2..-1]
        case look-up
            # What only cambist itself knows; quick, silent, and it asks nobody.
            set found ($program __complete $value[2] "$current" $before 2>/dev/null </dev/null)
        case files
            set found (__fish_complete_path "$current")
        case directories
            set found (__fish_complete_directories "$current")
    end
    test (count $found) -gt 0; and printf '%s\\n' $lead$found
end
complete -c cambist -f -a '(__cambist_complete)'
`;
