import type { Command } from 'commander'
import { createProgram } from '../../src/cli/program.ts'
import { code } from './markdown.ts'

/** Every command of `pawl`, as its `--help` prints it. */
export async function describeCommands(): Promise<string> {
  const program = await createProgram(['serve'])
  program.configureHelp({ helpWidth: 100 })
  const sections = listLeaves(program, []).map(({ words, command }) => {
    return `## pawl ${words.join(' ')}\n\n${code('text', helpOf(command))}`
  })
  return `# Commands

What \`--help\` prints for each command. [The command line](../cli.md) describes what they have in common: how they find the server and the
run, what they print, and their exit codes.

${sections.join('\n')}`
}

/** The commands that do something by themselves, in the order of the help: a group has no options. */
function listLeaves(
  command: Command,
  words: readonly string[],
): { words: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ words, command }]
  const own = words.length > 0 && command.options.length > 0 ? [{ words, command }] : []
  return [...own, ...command.commands.flatMap((child) => listLeaves(child, [...words, child.name()]))]
}

function helpOf(command: Command): string {
  let text = ''
  command.configureHelp({ helpWidth: 100 })
  command.configureOutput({ writeOut: (part) => (text += part) })
  command.outputHelp()
  return text.trim()
}
