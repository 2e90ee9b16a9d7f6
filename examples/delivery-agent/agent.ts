/**
 * An agent that delivers: it plans release notes for the last commits, waits until a person has approved the plan, writes them,
 * and verifies what it wrote. Everything it hands over is kept and validated by the server, so that it can be stopped at any
 * moment, and the next one goes on where it stood.
 *
 *     pawl workflow apply examples/workflows/delivery.yaml
 *     pawl exec --workflow delivery -- node --import tsx examples/delivery-agent/agent.ts
 *     pawl approval decide
 *     pawl exec --run RUN -- node --import tsx examples/delivery-agent/agent.ts
 *
 * `--commits N`  how many commits (default 20)
 * `--pace MS`    waits that long in each phase, for people who watch
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createPawl, unwrap } from '@pawl/sdk'
import type { JsonValue, Phase } from '@pawl/sdk'
import { countEntries, hashOf, readEntries, sortEntries, writeNotes } from './notes.ts'

const { values } = parseArgs({
  options: { commits: { type: 'string', default: '20' }, pace: { type: 'string', default: '0' } },
})

const NOTES = 'release-notes.md'

// `pawl exec` has put address, token and run into the environment.
const pawl = createPawl()
const runId = process.env['PAWL_RUN_ID'] ?? fail('PAWL_RUN_ID is missing: start this agent with `pawl exec`')

for (let isDone = false; !isDone;) isDone = await takeStep()

/** Does what the server says comes next. Returns whether there is nothing more to do now. */
async function takeStep(): Promise<boolean> {
  const run = (await pawl.runs.get(runId)) ?? fail(`${runId} is gone`)
  const phase = run.currentPhase ?? fail('the run stands in no phase')
  await hear()
  switch (run.nextAction) {
    case 'START_PHASE':
      if (phase.error) console.log(`again, since it was said: ${phase.error.message}`)
      unwrap(await pawl.phases.start(runId, phase.key))
      return false
    case 'WORK':
      await sleep(Number(values.pace))
      await work(phase)
      return false
    case 'ADVANCE':
      unwrap(await pawl.phases.advance(runId, phase.nextPhases[0] ?? fail(`nothing follows ${phase.key}`)))
      return false
    case 'COMPLETE':
      unwrap(await pawl.runs.complete(runId, { output: { notes: NOTES } }))
      return true
    case 'DECIDE_APPROVAL':
      console.log('a person has to approve this; whoever is started after that goes on')
      return true
    default:
      return fail(`the run is ${run.status}: there is nothing to do for an agent`)
  }
}

async function work(phase: Phase): Promise<void> {
  const works: Readonly<Record<string, () => Promise<void>>> = {
    plan: () => plan(phase),
    build: () => build(phase),
    verify,
  }
  await (works[phase.key] ?? fail(`this agent knows nothing of a phase ${phase.key}`))()
}

/** What it is going to write, for a person to read. Work that was sent back is planned smaller. */
async function plan({ attempts }: Phase): Promise<void> {
  const sections = sortEntries(entries(attempts))
  const lines = [...sections].map(
    ([heading, found]) => `- ${heading}: ${found.length} ${found.length === 1 ? 'entry' : 'entries'}`,
  )
  const content = [
    '# Plan: release notes',
    '',
    `The last ${count(attempts)} commits, as`,
    '',
    ...lines,
    '',
  ].join('\n')
  await handOver('plan', 'plan.md', content)
}

/** Writes the notes, and reports about them: carelessly at first, as programs do that take every output for text. */
async function build({ attempts }: Phase): Promise<void> {
  const plans = (await listFiles('plan.md')).length
  const notes = writeNotes('Release notes', sortEntries(entries(plans)))
  const counted = countEntries(notes)
  console.log(`wrote ${NOTES} with ${counted} entries`)
  await handOver('build', NOTES, notes)
  const report = { notes: NOTES, sha256: hashOf(notes), entries: attempts > 1 ? counted : String(counted) }
  const problems = await handOver('build', 'build.json', toText(report))
  if (problems.length === 0) return
  for (const problem of problems) console.log(`the server refused build.json: ${problem}`)
  if (attempts > 1) fail('it was repaired once already')
  unwrap(await pawl.phases.start(runId, 'build', { isRepair: true, because: problems.join('; ') }))
}

/** Compares what the server holds with what was reported. */
async function verify(): Promise<void> {
  const [notes = fail('there are no notes')] = await listFiles(NOTES)
  const [report = fail('there is no report')] = await listFiles('build.json')
  const content = (await pawl.artifacts.get(notes.id))?.content ?? ''
  const reported = JSON.parse((await pawl.artifacts.get(report.id))?.content ?? '{}') as Partial<Report>
  const checks = [
    { name: 'the notes are those that were reported', passed: hashOf(content) === reported.sha256 },
    { name: 'every entry was counted', passed: countEntries(content) === reported.entries },
  ]
  for (const { name, passed } of checks) console.log(`${passed ? 'passed' : 'FAILED'}: ${name}`)
  if (checks.some(({ passed }) => !passed)) fail('what was built is not what was reported')
  await handOver('verify', 'verify.json', toText({ passed: true, checks }))
}

interface Report {
  readonly sha256: string
  readonly entries: number
}

/** Hands a file over, and returns what the server found wrong with it. */
async function handOver(phase: string, path: string, content: string): Promise<string[]> {
  const { artifact } = unwrap(await pawl.artifacts.submit(runId, phase, { path, content }))
  return artifact.problems.map((problem) => `${problem.path || path} ${problem.message}`)
}

/** The valid files of this path, the newest first. */
async function listFiles(path: string) {
  const { nodes } = await pawl.artifacts.list(runId)
  return nodes.filter((artifact) => artifact.path === path && artifact.isValid)
}

/** Reads what people say to this run, and confirms that it was read. */
async function hear(): Promise<void> {
  const { nodes } = await pawl.messages.list(runId)
  for (const { id, status, sentBy, text } of nodes.toReversed()) {
    if (status !== 'PENDING' && status !== 'DELIVERED') continue
    console.log(`${sentBy} says: ${text}`)
    unwrap(await pawl.messages.acknowledge(id, 'CONSUMED'))
  }
}

function count(attempt: number): number {
  return Math.max(1, Math.ceil(Number(values.commits) / attempt))
}

function entries(attempt: number) {
  return readEntries(process.cwd(), count(attempt))
}

function toText(value: JsonValue): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
