import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { AGENTS } from './agents.ts'
import type { RealAgent } from './agents.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'
import type { Scenario } from './scenarios/scenario.ts'

/** What is asked for on the command line. */
export interface Choice {
  readonly agents: readonly RealAgent[]
  readonly scenarios: readonly Scenario[]
  /** Whether it is the short run: within a time, and without a word on what there was no time for. */
  readonly isShort: boolean
  /** Whether `dist/` is used as it is. */
  readonly isBuilt: boolean
  /** How many agents are tried at a time: each waits for its processes most of the time. */
  readonly jobs: number
  /** Whether the table is written. */
  readonly writes: boolean
}

/** The agents of the short run. */
const SHORT = ['gemini', 'codex', 'gemini-acp', 'codex-acp']

export const USAGE = `npm run test:agents -- [--ci] [--built] [--jobs N] [--write] [AGENT…] [SCENARIO…]

  --ci      the short run: ${SHORT.join(', ')}, in at most 6 minutes
  --built   dist/ is used as it is, not built anew
  --jobs    how many agents are tried at a time
  --write   puts the table into docs/agents/abilities.md

agents     ${AGENTS.map(({ name }) => name).join(' ')}
scenarios  ${SCENARIOS.map(({ id }) => id).join(' ')}`

/** Null where help is wanted. @throws Error where a word is no agent, scenario or option */
export function choose(words: readonly string[]): Choice | null {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      ci: { type: 'boolean', default: false },
      built: { type: 'boolean', default: false },
      jobs: { type: 'string', default: String(Math.max(2, availableParallelism())) },
      write: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const unknown = positionals.find(
    (word) => !AGENTS.some(({ name }) => name === word) && !SCENARIOS.some(({ id }) => id === word),
  )
  if (unknown !== undefined) throw new Error(`no agent or scenario is called ${unknown}`)
  const named = AGENTS.filter(({ name }) => positionals.includes(name))
  const played = SCENARIOS.filter(({ id }) => positionals.includes(id))
  return {
    agents: named.length > 0 ? named : AGENTS.filter(({ name }) => !values.ci || SHORT.includes(name)),
    scenarios: played.length > 0 ? played : SCENARIOS.filter(({ isQuick }) => !values.ci || isQuick),
    isShort: values.ci,
    isBuilt: values.built,
    jobs: Math.max(1, Number.parseInt(values.jobs, 10) || 1),
    writes: values.write,
  }
}
