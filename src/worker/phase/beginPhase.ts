import type { Move, PhaseWork } from './phaseWork.ts'

/** Starts the phase, where it is not under way already. */
export async function beginPhase(work: PhaseWork): Promise<Move> {
  const { drive, key, role } = work
  const { currentPhase } = await drive.readRun()
  const status = currentPhase?.status
  const isUnderWay = status === 'RUNNING' || status === 'AWAITING_ARTIFACT'
  if (!isUnderWay) drive.accept(await drive.owned.phases.start(key, drive.call))
  await drive.step('phase-started')
  await drive.readRun()
  const { attempt, prompts } = work.standing
  drive.report({ kind: 'phase-begun', phase: key, attempt, role, isResumed: prompts.length > 0 })
  return 'OPEN'
}
