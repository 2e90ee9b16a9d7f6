import * as g from '../generated/graphql.ts'
import { asType, requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type * as t from '../request/types.ts'

/** Artifacts: files that phases produce, hashed and validated by the server. */
export class Artifacts {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /**
   * Submits a file of the current phase. Invalid files are accepted too: see `artifact.valid` and `artifact.problems`.
   * A valid file at the path that the phase declares completes the phase, or opens its approval. Submitting the same
   * bytes again returns the same artifact. For the run's owner.
   *
   * Problems: `IllegalTransition`, `UnknownPhase`, `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`,
   * `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async submit(
    runId: string,
    phase: string,
    fields: t.Fields<g.SubmitArtifactInput, 'runId' | 'phase'>,
  ): Promise<t.SubmitArtifactResult> {
    return this.#requests.mutate(g.SubmitArtifactDocument, { ...fields, runId, phase })
  }

  /** The artifact with its content, or null if the id is unknown. */
  async get(artifactId: string, options?: CallOptions): Promise<t.ArtifactDetail | null> {
    const node = await this.#requests.query(g.ArtifactDocument, { ...options, id: artifactId })
    return asType(node, 'Artifact')
  }

  /**
   * One page of a run's artifacts, without their contents.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async list(runId: string, page: t.PageFields & CallOptions = {}): Promise<t.Page<t.Artifact>> {
    const run = await this.#requests.query(g.ArtifactsDocument, { ...page, runId })
    return requireRun(runId, run).artifacts
  }
}
