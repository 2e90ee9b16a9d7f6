import type { Pawl, Workspace } from '@pawl/sdk'
import type { Places } from '../record/places.ts'
import { type Preview, startPreview } from '../preview/startPreview.ts'
import { isPreviewRunning, stopPreview } from '../preview/stopPreview.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import type { PreviewDefinition, WorkspaceSettings } from '../kit/workspaceSettings.ts'
import { toErrorInput } from './toErrorInput.ts'

/** What a worker's previews are started with. */
export interface OwnPreviewsOptions {
  readonly pawl: Pawl
  readonly settings: WorkspaceSettings
  readonly places: Places
  readonly onError: (error: unknown) => void
}

/** The previews that this worker has started, which end with it. */
export class OwnPreviews {
  readonly #options: OwnPreviewsOptions
  readonly #running = new Map<string, Preview>()

  constructor(options: OwnPreviewsOptions) {
    this.#options = options
  }

  /** The longest `readySeconds` of all preview definitions, in seconds. */
  get longestStart(): number {
    return Math.max(
      0,
      ...Object.values(this.#options.settings.previews).map(({ readySeconds }) => readySeconds),
    )
  }

  /**
   * Starts the preview of a workspace as defined for the workflow of its newest run.
   *
   * @throws WorkspaceError `NO_PREVIEW_DEFINED`; others as `startPreview`
   */
  async start({ id, path }: Workspace, signal: AbortSignal): Promise<Preview> {
    const { runId, definition } = await this.#define(id)
    const { state } = this.#options.places
    const preview = await startPreview({ id, path, runId, definition, state, signal })
    this.#running.set(id, preview)
    void preview.ended.then((error) => this.#noteEnd(id, preview, error))
    return preview
  }

  /**
   * Stops the preview of a workspace, even where another worker of this machine started it.
   *
   * @throws WorkspaceError `PREVIEW_NOT_STOPPED`
   */
  async stop(workspaceId: string): Promise<void> {
    await stopPreview(this.#options.places.state, workspaceId)
  }

  /** Stops all previews that this worker has started, and reports them as stopped. */
  async stopAll(): Promise<void> {
    const { onError } = this.#options
    await Promise.all(
      [...this.#running].map(async ([id, preview]) => {
        try {
          await preview.stop()
          await this.#report(id, 'STOPPED', null)
        } catch (error) {
          onError(error)
        }
      }),
    )
  }

  /**
   * Reports as stopped the previews that the server lists as running on this machine and that are not: their
   * worker was killed.
   */
  async reportLost(host: string, signal: AbortSignal): Promise<void> {
    const { pawl, places } = this.#options
    for (let after: string | undefined; ;) {
      const { nodes, pageInfo } = await pawl.workspaces.list({
        filter: { host, statuses: ['READY'] },
        after,
        signal,
      })
      for (const { id, preview } of nodes)
        if (preview.status === 'RUNNING' && !(await isPreviewRunning(places.state, id)))
          await this.#report(id, 'STOPPED', null)
      if (!pageInfo.hasNextPage) return
      after = pageInfo.endCursor ?? undefined
    }
  }

  async #noteEnd(id: string, preview: Preview, error: WorkspaceError | null): Promise<void> {
    if (this.#running.get(id) === preview) this.#running.delete(id)
    if (error) await this.#report(id, 'FAILED', error).catch(this.#options.onError)
  }

  async #report(
    workspaceId: string,
    status: 'STOPPED' | 'FAILED',
    error: WorkspaceError | null,
  ): Promise<void> {
    const told = { status, ...(error && { error: toErrorInput(error) }) }
    await this.#options.pawl.workspaces.reportPreview(workspaceId, told)
  }

  async #define(
    workspaceId: string,
  ): Promise<{ readonly runId: string; readonly definition: PreviewDefinition }> {
    const { pawl, settings } = this.#options
    const [newest] = (await pawl.workspaces.find(workspaceId))?.runs.nodes ?? []
    const run = newest && (await pawl.runs.get(newest.id))
    const definition = settings.previews[run?.workflow.name ?? '*'] ?? settings.previews['*']
    if (definition) return { runId: newest?.id ?? '', definition }
    throw new WorkspaceError('FATAL', {
      code: 'NO_PREVIEW_DEFINED',
      message: `This worker has no setting for starting a preview${run ? ` of what ${run.workflow.name} makes` : ''}`,
      hint: "Say so in the worker's configuration, under workspace.previews.",
    })
  }
}
