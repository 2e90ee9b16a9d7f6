/**
 * An agent that reviews the last commits of the repository it stands in, and reports each phase to Pawl for itself. Nobody
 * tells it where it is: it asks the server what to do next, does it, and asks again, so that it can be stopped and started
 * again at any moment.
 *
 *     pawl exec --workflow review -- node --import tsx examples/review-agent/agent.ts
 *
 * `--commits N`    how many commits (default 30)
 * `--until PHASE`  ends well before this phase is done: what an agent does that believes it has finished
 * `--pace MS`      waits that long in each phase, for people who watch
 */
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createPawl, unwrap } from '@pawl/sdk'
import type { JsonValue, RunDetail } from '@pawl/sdk'
import type { Change } from './change.ts'
import { readRepository, readSample } from './readChange.ts'
import { Review } from './review.ts'

const { values } = parseArgs({
  options: {
    commits: { type: 'string', default: '30' },
    until: { type: 'string' },
    pace: { type: 'string', default: '0' },
  },
})

// `pawl exec` has put address, token and run into the environment.
const pawl = createPawl()
const runId = process.env['PAWL_RUN_ID'] ?? fail('PAWL_RUN_ID is missing: start this agent with `pawl exec`')
const change = readRepository(process.cwd(), Number(values.commits)) ?? useSample()
const review = new Review(change)

for (let isDone = false; !isDone;) isDone = await takeStep()

/** Does what the server says comes next. Returns whether that was the last step. */
async function takeStep(): Promise<boolean> {
  const run = (await pawl.runs.get(runId)) ?? fail(`${runId} is gone`)
  const phase = run.currentPhase?.key ?? fail('the run stands in no phase')
  switch (run.nextAction) {
    case 'START_PHASE':
      unwrap(await pawl.phases.start(runId, phase))
      return false
    case 'WORK':
      if (phase === values.until) return sayDone(phase)
      await work(phase)
      await leave(run, phase)
      return false
    case 'COMPLETE_ROUND':
    case 'ADVANCE':
      await leave(run, phase)
      return false
    case 'COMPLETE':
      unwrap(await pawl.runs.complete(runId, { output: toJson(review.synthesis()) }))
      return true
    default:
      return fail(`the run is ${run.status}: there is nothing to do for an agent`)
  }
}

/** The work of a phase; its report goes to standard output, where whoever started the agent keeps it. */
async function work(phase: string): Promise<void> {
  await sleep(Number(values.pace))
  const reports: Readonly<Record<string, () => string>> = {
    context: () => review.context(),
    'change-context': () => review.changeContext(),
    analysis: () => review.analysis(),
    reviews: () => review.reviews(),
    aggregation: () => review.aggregation(),
    discourse: () => review.discourse(),
    synthesis: () => review.synthesis().verdict,
  }
  const report = reports[phase] ?? fail(`this agent knows nothing of a phase ${phase}`)
  console.log(report())
}

/** Leaves a phase whose work is done; the round is complete with the synthesis. */
async function leave(run: RunDetail, phase: string): Promise<void> {
  if (phase === 'synthesis') {
    unwrap(await pawl.rounds.complete(runId, { summary: toJson(review.synthesis()) }))
  }
  const [next] = run.currentPhase?.nextPhases ?? []
  unwrap(await pawl.phases.advance(runId, next ?? fail(`nothing follows ${phase}`)))
}

/** Ends without having done the work. The exit code is 0; the server is not impressed. */
function sayDone(phase: string): true {
  console.log(`all done (it stopped in ${phase})`)
  return true
}

function useSample(): Change {
  console.log('no history here: reviewing the bundled sample')
  return readSample(join(dirname(fileURLToPath(import.meta.url)), 'sample'))
}

function toJson(report: object): JsonValue {
  return JSON.parse(JSON.stringify(report)) as JsonValue
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
