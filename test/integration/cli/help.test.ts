import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'
import { runPawl } from './pawl.ts'

const program = await createProgram(['serve'])

interface Leaf {
  readonly words: string[]
  readonly command: Command
}

function leavesOf(command: Command, words: string[]): Leaf[] {
  if (command.commands.length === 0) return [{ words, command }]
  return command.commands.flatMap((child) => leavesOf(child, [...words, child.name()]))
}

const leaves = leavesOf(program, [])

/** The help of a command, as it is printed where the output is no terminal. */
function helpOf(command: Command): string {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 80 })
  command.outputHelp()
  return help
}

describe('the help', () => {
  it('is there for every command that is promised', () => {
    const names = leaves.map(({ words }) => words.join(' '))
    expect(names).toEqual(expect.arrayContaining(PROMISED))
  })

  it.each(leaves.map(({ words, command }) => [words.join(' '), command] as const))(
    'of %s tells its arguments, every option, and examples',
    (name, command) => {
      const help = helpOf(command)
      for (const { flags, description } of command.options) {
        expect(help).toContain(flags.split(' ')[0])
        expect(description).not.toBe('')
      }
      for (const argument of command.registeredArguments) {
        expect(help).toContain(argument.name())
        expect(argument.description).not.toBe('')
      }
      expect(help).toContain('Examples:')
      expect(help).toContain(`$ pawl ${name}`.replace(/ $/, ''))
      // a command to copy stays in one line, and so do the settings of serve, which nobody reads in 80 columns
      const wide = help.split('\n').filter((line) => line.length > 80 && !/^ {2}(?:\$|--)/.test(line))
      expect(wide).toEqual([])
    },
  )

  it('says the unit of every time, by an example or its default', () => {
    const times = leaves.flatMap(({ words, command }) =>
      command.options
        .filter(({ flags }) => flags.includes('<time>'))
        .map(({ flags, description, defaultValueDescription }) => ({
          option: `${words.join(' ')} ${flags}`,
          about: `${description} ${defaultValueDescription ?? ''}`,
        })),
    )
    expect(times.length).toBeGreaterThan(8)
    expect(times.filter(({ about }) => !/\b\d+[smhd]\b/.test(about))).toEqual([])
  })

  it.each(['run start', 'serve', 'approval decide'])('of %s is printed by the command', async (name) => {
    const command = leaves.find(({ words }) => words.join(' ') === name)?.command
    const { code, stdout, stderr } = await runPawl([...name.split(' '), '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(helpOf(command as Command))
  })

  it('of all tells the exit codes', async () => {
    const { stdout } = await runPawl(['--help'])
    for (const words of ['3 ambiguous run', '6 evidence missing', '9 not allowed'])
      expect(stdout).toContain(words)
  })

  it('comes to who names a group only, as a matter of usage', async () => {
    const { code, stderr } = await runPawl(['run'])
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: pawl run')
  })
})

const PROMISED = [
  'serve',
  'demo',
  ...['start', 'list', 'show', 'watch', 'pause', 'resume', 'cancel', 'complete', 'fail', 'delete'].map(
    (name) => `run ${name}`,
  ),
  ...['claim', 'release', 'events'].map((name) => `run ${name}`),
  ...['advance', 'start', 'fail'].map((name) => `phase ${name}`),
  'round complete',
  'exec',
  ...['apply', 'list', 'show', 'graph'].map((name) => `workflow ${name}`),
  'artifact submit',
  ...['list', 'show', 'decide', 'request'].map((name) => `approval ${name}`),
  ...['send', 'list', 'acknowledge'].map((name) => `message ${name}`),
  'state',
  'sweep',
  'retention',
  'export',
  'import',
  'doctor',
  ...['create', 'list', 'revoke'].map((name) => `token ${name}`),
]
