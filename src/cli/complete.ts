import { Command } from 'commander'
import { EXIT } from './kit/exitCodes.ts'
import { withExamples } from './kit/options.ts'

/** The shells that have a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** `pawl complete`: the script for a shell, and what the script asks for: the words that may follow. */
export function completeCommand(): Command {
  const command = new Command('complete')
    .description('print a script that completes commands, options and names in your shell')
    .argument('<shell...>', `${SHELLS.join(', ')}; after --, the words typed so far`)
    .action(async (words: readonly string[]) => {
      const { printScript } = await import('./complete/scripts.ts')
      const [shell = ''] = words
      const isAsking = process.argv[3] === '--'
      if (isAsking) {
        const { printCandidates } = await import('./complete/candidates.ts')
        await printCandidates(command.parent ?? command, words)
      } else if (!printScript(shell))
        command.error(`error: there is no script for ${shell}, but for ${SHELLS.join(', ')}`, {
          exitCode: EXIT.usage,
        })
    })
  return withExamples(command, [
    'pawl complete bash >> ~/.bashrc',
    'pawl complete zsh >> ~/.zshrc',
    'pawl complete fish > ~/.config/fish/completions/pawl.fish',
  ])
}
