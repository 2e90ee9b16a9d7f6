import { removeStale } from '../../workspaces/files/baseline.ts'
import type { Move, PhaseWork } from './phaseWork.ts'

/** Removes what an earlier attempt has left at the file's path: what appears there from now on is this attempt's. */
export async function clearArtifact(work: PhaseWork): Promise<Move> {
  const { artifact } = work.declared
  if (artifact) await removeStale(await work.place(artifact))
  work.baseline = null
  await work.drive.step('artifact-cleared')
  return 'PROMPT'
}
