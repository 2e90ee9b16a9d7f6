import { setMaxListeners } from 'node:events'
import type { Choice } from './choose.ts'
import { NotHere } from './row.ts'
import type { Row } from './row.ts'
import { Stage } from './stage.ts'

/** How long a row may take, in milliseconds. */
const ROW_MS = 600_000

interface Result {
  readonly row: Row
  readonly outcome: 'yes' | 'no' | 'not here'
  readonly words: string
  readonly seconds: number
}

/**
 * Plays rows, tells each as it is done, and prints the table in the end. Returns the exit code: 1 if a row does not hold. Nothing that
 * was started outlives it.
 */
export async function playRows(
  { rows, jobs, packages, limit }: Choice,
  stopped: AbortSignal,
): Promise<number> {
  const late = new AbortController()
  const timer =
    limit === Infinity
      ? undefined
      : setTimeout(() => late.abort(new Error(`not done within ${limit / 60_000} minutes`)), limit)
  const ended = AbortSignal.any([stopped, late.signal])
  // Every row and every command listens.
  setMaxListeners(0, ended)
  const results = new Map<Row, Result>()
  try {
    const stage = await Stage.set(packages, ended)
    try {
      const left = [...rows]
      const playOn = async (): Promise<void> => {
        for (let row = left.shift(); row && !stopped.aborted; row = left.shift()) {
          const result = await play(row, stage, ended)
          results.set(row, result)
          console.log(composeLine(result))
        }
      }
      await Promise.all(Array.from({ length: jobs }, playOn))
    } finally {
      await stage.close()
    }
  } finally {
    clearTimeout(timer)
  }
  stopped.throwIfAborted()
  const played = rows.flatMap((row) => results.get(row) ?? [])
  console.log(composeTable(played))
  return played.some(({ outcome }) => outcome === 'no') ? 1 : 0
}

async function play(row: Row, stage: Stage, ended: AbortSignal): Promise<Result> {
  const began = performance.now()
  const result = (outcome: Result['outcome'], words: string): Result => {
    return { row, outcome, words, seconds: Math.round((performance.now() - began) / 1_000) }
  }
  let timer: NodeJS.Timeout | undefined
  const left = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${ROW_MS / 1_000} s`)), ROW_MS)
    ended.addEventListener('abort', () => reject(ended.reason as Error), { once: true })
  })
  try {
    ended.throwIfAborted()
    return result('yes', (await Promise.race([row.play(stage), left])) ?? '')
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return result(error instanceof NotHere ? 'not here' : 'no', words)
  } finally {
    clearTimeout(timer)
  }
}

function composeLine({ row, outcome, words, seconds }: Result): string {
  return `${`${seconds} s`.padStart(6)}  ${row.name.padEnd(18)} ${outcome}${words ? `: ${words}` : ''}`
}

function composeTable(results: readonly Result[]): string {
  const rows = results.map(({ row, outcome, words, seconds }) => {
    const told = words.split('\n')[0]?.replaceAll('|', '\\|').slice(0, 160)
    return `| ${row.name} | ${row.proves} | ${outcome}${told ? `: ${told}` : ''} | ${seconds} s |\n`
  })
  const counts = (['yes', 'no', 'not here'] as const).map(
    (outcome) => `${results.filter((result) => result.outcome === outcome).length} ${outcome}`,
  )
  return `\n| row | what it proves | holds | time |\n| --- | --- | --- | --- |\n${rows.join('')}\n${counts.join(', ')}`
}
