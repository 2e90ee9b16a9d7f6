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

/** At this size the plans are kept with the sources, to be compared from one version to the next. */
const FULL = 1_000_000

/**
 * Shows what PostgreSQL does for each question, with much history: every statement that the server's own code sends is
 * explained before it is sent. What reads a large table without an index, or touches more of the database than its answer
 * is worth, is a problem.
 */
export async function showPlans(bench: Bench): Promise<Plan[]> {
  const { many } = await openHistories(bench)
  const folder = join(root, bench.options.runs >= FULL ? 'plans' : 'results/plans')
  const texts = new Map<string, string[]>()
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
    bench.problems.push(...listProblems(plan))
    const file = fileOf(question)
    texts.set(file, [...(texts.get(file) ?? []), printPlans(question, explained)])
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [file, sections] of texts) writeFileSync(join(folder, `${file}.txt`), sections.join('\n'))
  return plans
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
      ? [`${what}: touches ${buffers} pages of the database, at most ${maxBuffers} are allowed`]
      : []),
  ]
}

/** The lists of runs in a file for each order, everything else in a file for each kind. */
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
