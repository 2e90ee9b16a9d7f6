import type { RunDetail } from '@pawl/sdk'
import { plain } from '../terminal/width.ts'
import { showAgent } from './agentAtWork.ts'
import type { Scene } from './tellStory.ts'

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
  const report = readReport(run)
  stage.gap()
  stage.say(bold(plain(report.verdict)))
  for (const { path, line, says } of report.findings.slice(0, 5)) {
    stage.echo(`${dim('•')} ${plain(path)}${line ? dim(`:${line}`) : ''} ${plain(says)}`)
  }
  if (report.findings.length > 5)
    stage.echo(dim(`and ${report.findings.length - 5} more: pawl run show ${run.id}`))
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
  const winners = codes.filter((code) => code === 0).length
  stage.moral(
    `Exit codes ${codes.join(' and ')}: ${winners === 1 ? 'exactly one' : String(winners)} resumed it; the other was told ` +
      'NotResumable, with where the run stands now. Two executors in one worktree can not happen.',
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
  stage.moral(
    `${run.status} in epoch ${run.epoch}, outcome ${run.outcome}. The failure of epoch ${before.epoch} stays in the log.`,
  )
}

interface Report {
  readonly verdict: string
  readonly findings: readonly { readonly path: string; readonly line: number | null; readonly says: string }[]
}

/** The report as the agent handed it over with the run's completion. */
function readReport({ output }: RunDetail): Report {
  const { verdict = 'no verdict', findings = [] } = (output ?? {}) as Partial<Report>
  return { verdict, findings }
}
