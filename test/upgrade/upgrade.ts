import type { Pool } from 'pg'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { askDoctor } from '../chaos/judge.ts'
import { findPort } from '../consumers/stage.ts'
import { Load } from '../ha/load.ts'
import { PawlServer } from '../ha/unit.ts'
import { ERRAND } from '../integration/worker/startTestWorker.ts'
import { openTcpProxy } from '../support/tcpProxy.ts'
import type { TcpProxy } from '../support/tcpProxy.ts'
import { ERRANDS, HostedWorker } from './hosted.ts'
import type { Release } from './release.ts'

/** Mutations that each load has acknowledged in each stage. */
const IN_STAGE = 100

interface Stage {
  readonly release: Release
  /** The command `pawl` of this version. */
  readonly program: string
  readonly folder: string
  /** Of the database. */
  readonly url: string
  readonly pool: Pool
  readonly tell: (words: string) => void
  readonly signal: AbortSignal
}

/** Two servers of the earlier version behind proxies, which are replaced by two of this one while clients and workers go on. */
export class Upgrade {
  readonly #stage: Stage
  readonly #servers: PawlServer[] = []
  readonly #proxies: TcpProxy[] = []
  readonly #workers: HostedWorker[] = []
  readonly #problems: string[] = []

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** Returns what was not as promised. */
  async play(): Promise<string[]> {
    const { release, program, pool, tell } = this.#stage
    const [one, two] = [await this.#serve(release.program), await this.#serve(release.program)]
    const [near, far] = [await openTcpProxy(one.url), await openTcpProxy(two.url)]
    this.#proxies.push(near, far)
    const token = await one.token()
    const old = (url: string): Pawl => release.sdk.createPawl({ url, token })
    unwrap(await old(near.url).workflows.register(ERRAND))
    const load = await Load.start([near.url, far.url], token, release.sdk.createPawl)
    const host = async (name: string, of: string, pawl: Pawl, url: string) => {
      const worker = await HostedWorker.start(name, of, pawl, { folder: this.#stage.folder, url, token })
      this.#workers.push(worker)
      return worker
    }
    const early = await host('early', release.program, old(near.url), near.url)
    await Promise.all([load.untilMore(IN_STAGE), early.errand()])
    tell('two servers of the earlier version work')

    const starting = this.#serve(program)
    const whileMigrating = await load.longestGap(starting)
    const three = await starting
    far.leadTo(three.url)
    await this.#replace(two)
    tell(
      `one is replaced; the longest wait while the database was migrated: ${whileMigrating.all.toFixed(0)} ms`,
    )

    const fresh = createPawl({ url: three.url, token })
    const present = await Load.start([three.url], token)
    const crossed = await host('crossed', release.program, old(near.url), far.url)
    const recent = await host('recent', program, fresh, three.url)
    await Promise.all([load.untilMore(IN_STAGE), present.untilMore(IN_STAGE), early.errand()])
    for (const runId of await Promise.all([crossed.errand(), recent.errand(), early.errand()]))
      await this.#readAll(old(one.url), runId)
    const removal = { olderThanSeconds: 0, project: ERRANDS, isDryRun: false, retry: { attempts: 1 } }
    const refused = await fresh.removeContent(removal).then(
      () => 'it was done',
      (error: Error) => error.message,
    )
    this.#expect(refused.includes('older server'), `content is removed beside an older server: ${refused}`)
    await this.#judge(`the earlier server's doctor`, old(one.url))
    await this.#judge(`this version's doctor`, fresh)
    await this.#refuseToStart()
    tell('both versions work on one database, and nothing is written that the earlier can’t read')

    const four = await this.#serve(program)
    near.leadTo(four.url)
    await this.#replace(one)
    await Promise.all([load.untilMore(IN_STAGE), present.untilMore(IN_STAGE)])
    const [, , runId] = await Promise.all([early.errand(), crossed.errand(), recent.errand()])
    const kinds = await this.#readAll(fresh, runId)
    this.#expect(kinds.includes('PROMPT'), `the transcript of ${runId} has no prompt: ${kinds.join(' ')}`)
    await this.#readAll(old(near.url), early.done.at(-1) ?? '')
    tell('the other one is replaced; workers and SDKs of the earlier version go on')

    for (const each of [load, present]) {
      await each.stop()
      tell(each.describe())
      this.#problems.push(...(await each.judge(pool)))
    }
    const removed = unwrap(await fresh.removeContent(removal))
    this.#expect(removed.projects[0]?.runs === this.#errands, `removed: ${JSON.stringify(removed)}`)
    await this.#judge('the doctor at the end', fresh)
    tell(`${this.#errands} errands of ${this.#workers.length} workers completed`)
    return [...this.#problems, ...this.#workers.flatMap(({ failed }) => failed)]
  }

  /** Ends everything that was started. */
  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end('SIGTERM')))
    for (const proxy of this.#proxies) proxy.close()
    await Promise.all(this.#servers.map((server) => server.end('SIGTERM')))
  }

  get #errands(): number {
    return this.#workers.reduce((sum, { done }) => sum + done.length, 0)
  }

  async #serve(program: string): Promise<PawlServer> {
    const { folder, url, signal } = this.#stage
    const server = new PawlServer(program, folder, await findPort(), url)
    this.#servers.push(server)
    await server.start()
    await server.untilReady(signal)
    return server
  }

  async #replace(server: PawlServer): Promise<void> {
    await server.end('SIGTERM')
    this.#expect(server.exitCode === 0, `a server of the earlier version ended with ${server.exitCode}`)
  }

  /** The earlier version does not start on what this one has migrated. */
  async #refuseToStart(): Promise<void> {
    const { release, folder, url } = this.#stage
    const server = new PawlServer(release.program, folder, await findPort(), url)
    await server.start()
    await server.untilEnd()
    const log = await server.readLog()
    const isSaid = server.exitCode === 1 && log.includes('a newer Pawl migrated it')
    this.#expect(isSaid, `an older server that starts: exit code ${server.exitCode}, ${log}`)
  }

  /** Reads the transcripts of a run. Returns the kinds of their entries. */
  async #readAll(pawl: Pawl, runId: string): Promise<string[]> {
    const kinds: string[] = []
    try {
      for await (const session of pawl.sessions.all(runId))
        for (const entry of (await pawl.sessions.entries(session.id)).nodes) kinds.push(entry.kind)
      this.#expect(kinds.length > 0, `the transcript of ${runId} is empty`)
    } catch (error) {
      this.#problems.push(`the transcript of ${runId} can't be read: ${String(error)}`)
    }
    return kinds
  }

  async #judge(who: string, pawl: Pawl): Promise<void> {
    const { violations } = await askDoctor(pawl)
    for (const violation of violations) this.#problems.push(`${who}: ${JSON.stringify(violation)}`)
  }

  #expect(isSo: boolean, words: string): void {
    if (!isSo) this.#problems.push(words)
  }
}
