import type { ArtifactDetail } from '@pawl/sdk'
import { chooseRun } from '../kit/chooseRun.ts'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import { findId, readPages } from '../kit/findId.ts'
import type { Invocation } from '../kit/invocation.ts'
import { safeText } from '../terminal/width.ts'

/**
 * The file that a person means, with its content: by the artifact's id, the end of it, or the path under which the run keeps it, of
 * which the newest is meant.
 *
 * @param named the run, for all but whole ids; chosen as `chooseRun` does if it is not named
 * @throws PawlProblem as `chooseRun`; UsageError if there is none.
 */
export async function chooseArtifact(
  invocation: Invocation,
  typed: string,
  named: string | undefined,
): Promise<ArtifactDetail> {
  const { artifacts } = invocation.pawl
  const id = typed.startsWith('art_') ? typed : await findInRun(invocation, typed, named)
  const artifact = await artifacts.get(id)
  if (artifact) return artifact
  throw new UsageError(`there is no artifact ${safeText(typed)}`, EXIT.notFound, 'NotFound')
}

async function findInRun(invocation: Invocation, typed: string, named: string | undefined): Promise<string> {
  const { run } = await chooseRun(invocation, named)
  const read = () => readPages((page) => invocation.pawl.artifacts.list(run.id, page))
  let newest: string | undefined
  for await (const { id, path } of read()) if (path === typed && (newest ?? '') < id) newest = id
  return newest ?? findId(typed, read)
}
