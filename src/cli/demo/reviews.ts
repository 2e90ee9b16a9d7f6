import type { RunDetail } from '@pawl/sdk'
import { EXIT } from '../kit/exitCodes.ts'
import { safeText } from '../terminal/width.ts'
import { showAgent } from './agentAtWork.ts'
import { expectEqual } from './demo.ts'
import type { Demo } from './demo.ts'

/** Chapter: an agent goes through all phases and completes its run. Returns that run. */
export async function reviewRepository(demo: Demo): Promise<RunDetail> {
  const { narrator } = demo
  const { bold, dim } = narrator.colors
  narrator.chapter('An agent reviews this repository')
  narrator.say(
    'pawl exec starts a run, holds a lease on it while the agent runs, and gives the agent a token that is valid for ' +
      'this run only. The agent reads the last commits and reports each phase itself. The lines with a time are ' +
      'events from a subscription.',
  )
  const { run } = await showAgent(demo, {
    words: ['--workflow', 'review', '--title', 'Review of the last commits'],
  })
  expectEqual(run.outcome, 'SUCCESS')
  const report = readReport(run)
  narrator.gap()
  if (report.title.startsWith('the bundled sample'))
    narrator.say('This directory has no commits, so the agent used its bundled sample.')
  narrator.say(bold(safeText(report.verdict)))
  const shown = pickOneOfEachKind(report.findings, 5)
  for (const { path, line, says } of shown) {
    narrator.echo(`${dim('•')} ${safeText(path)}${line ? dim(`:${line}`) : ''} ${safeText(says)}`)
  }
  if (report.findings.length > shown.length)
    narrator.echo(dim(`and ${report.findings.length - shown.length} more: pawl run show ${run.id}`))
  narrator.conclude(
    `${run.status}, outcome ${run.outcome}: every phase was started and completed in the declared order, and the round is ` +
      'complete. The server has the evidence; nothing else makes a run COMPLETED.',
  )
  return run
}

/** Chapter: an agent exits 0 without having done its work. Returns the run. */
export async function finishWithoutWork(demo: Demo): Promise<RunDetail> {
  const { narrator } = demo
  narrator.chapter('An agent that says it is done')
  narrator.say(
    'The next one stops in the middle and exits 0. A tool that trusts exit codes would now show a success.',
  )
  const { run, exitCode } = await showAgent(demo, {
    words: ['--workflow', 'review', '--title', 'A review in a hurry'],
    agentWords: ['--until', 'reviews'],
  })
  expectEqual([exitCode, run.outcome], [0, 'INCOMPLETE'])
  narrator.conclude(
    `Exit code ${exitCode}, and yet the run is ${run.status} with outcome ${run.outcome}: it is still at ` +
      `${run.currentPhase?.key}. An exit code is never evidence.`,
  )
  return run
}

/** Chapter: two people resume the same run at once. */
export async function resumeTwice({ narrator, commands }: Demo, run: RunDetail): Promise<void> {
  narrator.chapter('Two people press Resume')
  narrator.say('A failed run can be resumed. Two terminals try at the same moment:')
  narrator.command(`pawl run resume ${run.id} & pawl run resume ${run.id}`)
  narrator.gap()
  const codes = await Promise.all(
    ['one', 'two'].map((who) =>
      commands.run(['run', 'resume', '--quiet', run.id], (line) => narrator.echo(line, `terminal ${who}`)),
    ),
  )
  expectEqual(
    codes.toSorted((a, b) => a - b),
    [EXIT.done, EXIT.lostRace],
  )
  narrator.conclude(
    `Exit codes ${codes.join(' and ')}: exactly one resumed it; the other got ` +
      'NotResumable, with the current state of the run. So no second agent starts in the same worktree.',
  )
}

/** Chapter: the next agent continues where the first one stopped. */
export async function takeUpAgain(demo: Demo, before: RunDetail): Promise<void> {
  const { narrator, pawl } = demo
  narrator.chapter('The work is resumed')
  narrator.say(
    'The run waits in the queue again. Another agent claims it, asks for its state, and continues from there; what was ' +
      'completed stays completed.',
  )
  const after = (await pawl.runs.get(before.id))?.revision ?? 0
  const { run } = await showAgent(demo, { words: ['--run', before.id], runId: before.id, after })
  expectEqual([run.outcome, run.epoch], ['SUCCESS', before.epoch + 1])
  narrator.conclude(
    `${run.status} in epoch ${run.epoch}, outcome ${run.outcome}. The failure of epoch ${before.epoch} stays in the log.`,
  )
}

interface Finding {
  readonly lens: string
  readonly path: string
  readonly line: number | null
  readonly says: string
}

interface Report {
  readonly title: string
  readonly verdict: string
  readonly findings: readonly Finding[]
}

/** The report as the agent handed it over with the run's completion. */
function readReport({ output }: RunDetail): Report {
  const { title = '', verdict = 'no verdict', findings = [] } = (output ?? {}) as Partial<Report>
  return { title, verdict, findings }
}

/** The most severe finding of each kind first, then the others, up to a maximum. */
function pickOneOfEachKind(findings: readonly Finding[], max: number): readonly Finding[] {
  const firsts = findings.filter(
    ({ lens }, index) => findings.findIndex((other) => other.lens === lens) === index,
  )
  const others = findings.filter((finding) => !firsts.includes(finding))
  return [...firsts, ...others].slice(0, max)
}
