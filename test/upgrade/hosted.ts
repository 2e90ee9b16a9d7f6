import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pawl } from '@pawl/sdk'
import { Unit } from '../ha/unit.ts'
import { ERRAND, shellAgent } from '../integration/worker/startTestWorker.ts'

/** The project of all errands. */
export const ERRANDS = 'errands'

/** A `pawl worker` of some version with an agent that does errands, and the errands that it is given one after the other. */
export class HostedWorker extends Unit {
  readonly name: string
  /** The runs that it has completed. */
  readonly done: string[] = []
  /** What became of those that it has not. */
  readonly failed: string[] = []
  readonly #pawl: Pawl

  private constructor(name: string, pawl: Pawl, command: readonly string[], log: string, env: object) {
    super(command, log, { ...env })
    this.name = name
    this.#pawl = pawl
  }

  /**
   * @param program the command `pawl` of its version
   * @param pawl gives it the errands
   */
  static async start(
    name: string,
    program: string,
    pawl: Pawl,
    where: { readonly folder: string; readonly url: string; readonly token: string },
  ): Promise<HostedWorker> {
    const folder = join(where.folder, name)
    const directory = join(folder, 'workspace')
    await mkdir(directory, { recursive: true })
    const config = join(folder, 'pawl.worker.yaml')
    const settings = {
      labels: [name],
      state: join(folder, 'state'),
      workspace: { directory, root: join(folder, 'worktrees') },
      agents: { runner: shellAgent(`echo at work; echo '{"ok":true}' > out.json`) },
    }
    await writeFile(config, JSON.stringify(settings))
    const command = [process.execPath, program, 'worker', '--json', '--owner', name, '--config', config]
    const worker = new HostedWorker(name, pawl, command, `${folder}.log`, {
      PAWL_URL: where.url,
      PAWL_TOKEN: where.token,
      HOME: folder,
    })
    await worker.start()
    return worker
  }

  /** Gives it an errand and waits for the end. Returns the run's id. */
  async errand(): Promise<string> {
    const { runs } = this.#pawl
    const started = await runs.start({ workflow: ERRAND.name, labels: [this.name], project: ERRANDS })
    if (started.__typename !== 'StartRunSuccess') throw new Error(started.message)
    const { id } = started.run
    let status
    for await (const frame of runs.watch(id, { untilSettled: true })) ({ status } = frame)
    if (status === 'COMPLETED') this.done.push(id)
    else this.failed.push(`${this.name}: ${id} is ${status}: ${(await runs.get(id))?.error}`)
    return id
  }
}
