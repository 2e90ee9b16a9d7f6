import { parseArgs } from 'node:util'
import { FAULTS } from './faults.ts'
import type { Fault } from './faults.ts'

/** What is asked for on the command line. */
export interface Choice {
  /** Every fault to make, in order. */
  readonly rounds: readonly Fault[]
  /** How long it may take, in milliseconds. */
  readonly limitMs: number
  /** Whether logs and data are kept. */
  readonly keeps: boolean
}

const SHORT_MS = 170_000

export const USAGE = `npm run test:ha -- [--ci] [--keep] [FAULT[=TIMES]…]

  --ci      the short form: ${FAULTS.reduce((sum, { inShort }) => sum + inShort, 0)} kills, in at most 3 minutes
  --keep    leaves logs and data, and says where

${FAULTS.map(({ name, what, times }) => `${name.padEnd(12)}${what} (${times} times)`).join('\n')}`

/** Null where help is wanted. @throws Error where a word is no fault or option */
export function choose(words: readonly string[]): Choice | null {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      ci: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const chosen =
    positionals.length > 0
      ? positionals.map(parseFault)
      : FAULTS.map((fault) => ({ fault, times: values.ci ? fault.inShort : fault.times }))
  return {
    rounds: interleave(chosen),
    limitMs: values.ci ? SHORT_MS : Infinity,
    keeps: values.keep,
  }
}

interface Chosen {
  readonly fault: Fault
  readonly times: number
}

function parseFault(word: string): Chosen {
  const [name, times] = word.split('=')
  const fault = FAULTS.find((known) => known.name === name)
  if (!fault || !/^\d+$/.test(times ?? '1')) throw new Error(`no fault is called ${word}`)
  return { fault, times: Number(times ?? fault.times) }
}

/** Each kind in turn, as long as there are any. */
function interleave(chosen: readonly Chosen[]): Fault[] {
  const longest = Math.max(0, ...chosen.map(({ times }) => times))
  return Array.from({ length: longest }, (_, round) =>
    chosen.filter(({ times }) => round < times).map(({ fault }) => fault),
  ).flat()
}
