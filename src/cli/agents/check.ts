import type { Command } from 'commander'
import type { AgentAbility, AgentCheck } from '../../worker/agent/checkAgent.ts'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, explanation, timeOption } from '../kit/options.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import type { Printer } from '../terminal/printer.ts'
import { safeText } from '../terminal/width.ts'
import { CONFIG_OPTION, readAgents } from './readAgents.ts'
import type { AgentsOptions } from './readAgents.ts'

interface Options extends AgentsOptions {
  readonly seconds: number
}

const WORDS: Readonly<Record<AgentAbility['name'], string>> = {
  INSTALLED: 'is installed',
  BEGINS: 'begins',
  ENDS_ITS_TURN: 'ends its turn',
  WRITES_A_FILE: 'writes a file',
  ENDS: 'ends with all that it started',
}

/** `pawl agents check`: runs agents once, each in a folder of its own. Exits with 1 where one does not work. */
export function agentsCheckCommand(): Command {
  return createCommand('check', 'run an agent once in a scratch folder, and say what works', [
    'pawl agents check                  # every agent of pawl.worker.yaml',
    'pawl agents check claude           # a preset, or the agent of a role',
  ])
    .argument('[name]', 'a role of the settings, or a preset (default: every role)')
    .option(...CONFIG_OPTION)
    .addOption(timeOption('--seconds <time>', 'how long its turn may take', 180))
    .addHelpText(
      'after',
      explanation(
        'The agent asks its model once: that may cost a little. Nothing is sent to a server of Pawl.',
      ),
    )
    .action(
      createAction<Options, [string | undefined]>((invocation, options, name) =>
        withInterrupt(async (signal) => {
          const { config, agents } = await readAgents(options)
          const { checkAgent } = await import('../../worker/agent/checkAgent.ts')
          const meant = agents
            .filter((agent) => (name === undefined ? !agent.isPreset : agent.name === name))
            .slice(0, name === undefined ? Infinity : 1)
          if (meant.length === 0)
            throw new UsageError(
              name === undefined
                ? 'no agents are set up here: name a preset, or a file with --config'
                : `there is no agent ${name} (known: ${agents.map((agent) => agent.name).join(', ')})`,
              EXIT.usage,
            )
          const checks: ({ readonly name: string } & AgentCheck)[] = []
          for (const { name: checked, definition } of meant) {
            invocation.note(`${checked} is run once, in a folder of its own`)
            const { passEnv } = config
            const { seconds } = options
            const check = await checkAgent(definition, { env: process.env, passEnv, seconds, signal })
            checks.push({ name: checked, ...check })
          }
          invocation.answer(checks, (printer) => {
            for (const check of checks) printCheck(printer, check.name, check)
          })
          return checks.every(({ problems }) => problems.length === 0) ? EXIT.done : EXIT.fault
        }),
      ),
    )
}

function printCheck(
  printer: Printer,
  name: string,
  { installed, abilities, problems, remarks }: AgentCheck,
): void {
  const { bold, dim, green, red, yellow } = printer.colors
  printer.line(
    `${bold(safeText(name))} ${dim(safeText([installed?.program, installed?.version].filter(Boolean).join(' ')))}`,
  )
  for (const { name: ability, works } of abilities) {
    const mark = works === null ? dim('-') : works ? green('✓') : red('✗')
    printer.line(`  ${mark} ${works === null ? dim(WORDS[ability]) : WORDS[ability]}`)
  }
  for (const problem of problems) printer.line(`  ${red(safeText(problem))}`)
  for (const remark of remarks) printer.line(`  ${yellow(safeText(remark))}`)
}
