import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from '../bench.ts'
import type { Explained } from '../history/explain.ts'
import { openHistories } from '../history/openHistories.ts'
import { maxBuffers, type Question } from '../history/question.ts'
import { QUESTIONS } from '../history/questions/index.ts'
import type { Plan } from '../results.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** From this number of runs on, the summary is written to the repository, to be compared between versions. */
const FULL_RUNS = 1_000_000

/**
 * Explains every statement of every question on a database with a long history. A sequential scan of a large table, or reading more
 * pages than the question's limit, is a problem. The plans are written to `bench/results/plans`, which git ignores; a summary with one
 * line for each question to `bench/plans.txt`.
 */
export async function showPlans(bench: Bench): Promise<Plan[]> {
  const { many } = await openHistories(bench)
  const isFull = bench.options.runs >= FULL_RUNS
  const folder = join(root, 'results/plans')
  const texts = new Map<string, string[]>()
  const summaries: string[] = []
  const plans: Plan[] = []
  for (const question of QUESTIONS) {
    bench.resources.signal.throwIfAborted()
    bench.tell(question.name)
    let entries = 0
    const explained = await many.explain(async () => {
      entries = await question.ask(many)
    })
    const plan = judge(question, entries, explained)
    plans.push(plan)
    summaries.push(summarizePlan(plan, explained))
    bench.problems.push(...listProblems(plan))
    const file = fileOf(question)
    texts.set(file, [...(texts.get(file) ?? []), printPlans(question, explained)])
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [file, sections] of texts) writeFileSync(join(folder, `${file}.txt`), sections.join('\n'))
  writeFileSync(isFull ? join(root, 'plans.txt') : join(folder, 'summary.txt'), `${summaries.join('\n')}\n`)
  return plans
}

const INDEXES = /(?:Index (?:Only )?Scan(?: Backward)? using|Bitmap Index Scan on) (\w+)/g

/** One line for a question: its cost, its limit, and the indexes that its statements use. */
function summarizePlan(
  { what, entries, buffers, maxBuffers }: Plan,
  explained: readonly Pick<Explained, 'plan'>[],
): string {
  const found = explained.flatMap(({ plan }) => [...plan.matchAll(INDEXES)].map(([, index]) => index))
  const indexes =
    [...new Set(found)].toSorted((one = '', other = '') => one.localeCompare(other)).join(', ') || 'no index'
  return `${what}: ${entries} entries, ${buffers} of at most ${maxBuffers} pages; ${indexes}`
}

function judge({ name, grows }: Question, entries: number, explained: readonly Explained[]): Plan {
  return {
    kind: 'plan',
    what: name,
    entries,
    buffers: explained.reduce((sum, { buffers }) => sum + buffers, 0),
    maxBuffers: maxBuffers(grows, entries),
    scanned: [...new Set(explained.flatMap(({ scanned }) => scanned))],
  }
}

function listProblems({ what, buffers, maxBuffers, scanned }: Plan): string[] {
  return [
    ...scanned.map((table) => `${what}: reads the table ${table} without an index`),
    ...(buffers > maxBuffers
      ? [`${what}: reads ${buffers} pages of the database, at most ${maxBuffers} are allowed`]
      : []),
  ]
}

/** The file of a question: one for each order of the lists of runs, one for each other kind. */
function fileOf({ name }: Question): string {
  const [kind = name, ...rest] = name.split(', ')
  const order = kind === 'runs' ? rest.find((part) => part.startsWith('by ')) : undefined
  return [kind, order]
    .filter((part) => part !== undefined)
    .join(' ')
    .replaceAll(' ', '-')
}

function printPlans({ name }: Question, explained: readonly Explained[]): string {
  const plans = explained.map(
    ({ statement, plan, buffers }) => `-- ${statement}: ${buffers} buffers\n${plan}\n`,
  )
  return [`==== ${name}\n`, ...plans].join('\n')
}
