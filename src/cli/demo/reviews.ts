import type { RunDetail } from '@pawl/sdk'
import { EXIT } from '../kit/exitCodes.ts'
import { plain } from '../terminal/width.ts'
import { showAgent } from './agentAtWork.ts'
import { insist } from './scene.ts'
import type { Scene } from './scene.ts'

/** Chapter: an agent goes through all phases and completes its run. Returns that run. */
export async function reviewRepository(scene: Scene): Promise<RunDetail> {
  const { stage } = scene
  const { bold, dim } = stage.colors
  stage.chapter('An agent reviews this repository')
  stage.say(
    'pawl exec starts a run, holds a lease on it while the agent lives, and hands the agent a token that is good for ' +
      'this run alone. The agent reads the last commits and reports each phase for itself. The lines with a time are ' +
      'events, as a subscription brings them.',
  )
  const { run } = await showAgent(scene, {
    words: ['--workflow', 'review', '--title', 'Review of the last commits'],
  })
  insist(run.outcome, 'SUCCESS')
  const report = readReport(run)
  stage.gap()
  if (report.title.startsWith('the bundled sample'))
    stage.say('This tree has no history of commits, so the agent took the sample that comes with it.')
  stage.say(bold(plain(report.verdict)))
  const shown = pickVaried(report.findings, 5)
  for (const { path, line, says } of shown) {
    stage.echo(`${dim('•')} ${plain(path)}${line ? dim(`:${line}`) : ''} ${plain(says)}`)
  }
  if (report.findings.length > shown.length)
    stage.echo(dim(`and ${report.findings.length - shown.length} more: pawl run show ${run.id}`))
  stage.moral(
    `${run.status}, outcome ${run.outcome}: every phase was started and left in the declared order, and the round is ` +
      'complete. The server holds the evidence; nothing else makes a run COMPLETED.',
  )
  return run
}

/** Chapter: an agent that exits 0 without having done its work. Returns the run. */
export async function finishWithoutWork(scene: Scene): Promise<RunDetail> {
  const { stage } = scene
  stage.chapter('An agent that says it is done')
  stage.say('The next one stops in the middle and exits 0. Whoever believes exit codes now shows a success.')
  const { run, exitCode } = await showAgent(scene, {
    words: ['--workflow', 'review', '--title', 'A review in a hurry'],
    agentWords: ['--until', 'reviews'],
  })
  insist([exitCode, run.outcome], [0, 'INCOMPLETE'])
  stage.moral(
    `Exit code ${exitCode}, and yet the run is ${run.status} with outcome ${run.outcome}: it stands at ` +
      `${run.currentPhase?.key}. An exit code is never evidence.`,
  )
  return run
}

/** Chapter: two people resume the same run at once. */
export async function resumeTwice({ stage, backstage }: Scene, run: RunDetail): Promise<void> {
  stage.chapter('Two people press Resume')
  stage.say('A run that failed can be taken up again. Two terminals try at the same moment:')
  stage.command(`pawl run resume ${run.id} & pawl run resume ${run.id}`)
  stage.gap()
  const codes = await Promise.all(
    ['one', 'two'].map((who) =>
      backstage.run(['run', 'resume', '--quiet', run.id], (line) => stage.echo(line, `terminal ${who}`)),
    ),
  )
  insist(
    codes.toSorted((a, b) => a - b),
    [EXIT.done, EXIT.lostRace],
  )
  stage.moral(
    `Exit codes ${codes.join(' and ')}: exactly one resumed it; the other was told ` +
      'NotResumable, with where the run stands now. So no second agent starts in the same worktree.',
  )
}

/** Chapter: the next agent goes on where the first one stopped. */
export async function takeUpAgain(scene: Scene, before: RunDetail): Promise<void> {
  const { stage, pawl } = scene
  stage.chapter('The work is taken up')
  stage.say(
    'The run waits in the queue again. Another agent claims it, asks where it stands, and goes on from there; what was ' +
      'completed stays completed.',
  )
  const after = (await pawl.runs.get(before.id))?.revision ?? 0
  const { run } = await showAgent(scene, { words: ['--run', before.id], runId: before.id, after })
  insist([run.outcome, run.epoch], ['SUCCESS', before.epoch + 1])
  stage.moral(
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

/** So many findings, of as many kinds as there are, the weightiest of each first. */
function pickVaried(findings: readonly Finding[], most: number): readonly Finding[] {
  const firsts = findings.filter(
    ({ lens }, index) => findings.findIndex((other) => other.lens === lens) === index,
  )
  const others = findings.filter((finding) => !firsts.includes(finding))
  return [...firsts, ...others].slice(0, most)
}
