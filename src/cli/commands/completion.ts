// `cambist completion …`: the script that makes a shell complete what is typed behind `cambist`.

import type { Command } from '../command.ts';

function completionCommand(name: 'bash' | 'zsh' | 'fish', where: string, example: string): Command {
  return {
    name,
    summary: `print the script of ${name}`,
    description:
      `Prints the completion script of ${name}. ${where} Names and ids of objects come from the deployment that the line, ` +
      'the variables or the file of `cambist deployments` name. If that takes too long or needs a tokenCommand, nothing is offered.',
    options: [],
    arguments: [],
    examples: [example],
    run: async ({ output }) => {
      const { completionScript } = await import('../completion/scripts.ts');
      const script = await completionScript(name);
      output.data({ shell: name, script }, () => output.raw(script));
    },
  };
}

export const completionCommands: readonly Command[] = [
  completionCommand('bash', 'Put the example into ~/.bashrc.', 'source <(cambist completion bash)'),
  completionCommand(
    'zsh',
    'Put the example into ~/.zshrc, behind `autoload -U compinit && compinit`.',
    'source <(cambist completion zsh)',
  ),
  completionCommand(
    'fish',
    'The example keeps it where fish looks for it.',
    'cambist completion fish > ~/.config/fish/completions/cambist.fish',
  ),
];
