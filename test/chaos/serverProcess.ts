import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findPostgresProgram, listPostgresProcesses } from '../../src/database/embedded/inspectProcess.ts'
import { readPostmasterFile } from '../../src/database/embedded/postmasterFile.ts'
import { startChild } from '../support/startChild.ts'

const POLL_MS = 5

/** `pawl serve` with its embedded database, in a separate process, always at the same address. */
export class ServerProcess {
  readonly #program: string
  readonly #folder: string
  #child: ChildProcess | undefined
  #url: string | undefined

  /**
   * @param program the built command `pawl`
   * @param folder holds the data directory and the log; other users must be able to traverse it
   */
  constructor(program: string, folder: string) {
    this.#program = program
    this.#folder = folder
  }

  get dataDir(): string {
    return join(this.#folder, 'data')
  }

  /** Where it listens, from its first start on. */
  get url(): string {
    if (!this.#url) throw new Error('the server was never started')
    return this.#url
  }

  /** The local ADMIN token, as programs on this machine find it. */
  readToken(): Promise<string> {
    return readFile(join(this.dataDir, 'token'), 'utf8').then((text) => text.trim())
  }

  /** Starts the server and waits until it is ready. */
  async start(): Promise<void> {
    await rm(join(this.dataDir, 'address'), { force: true })
    await this.launch()
    await this.#until(async () => {
      const address = await readFile(join(this.dataDir, 'address'), 'utf8').catch(() => '')
      if (address === '') return false
      this.#url = address.trim()
      return isReady(this.#url)
    })
  }

  /** Waits until it says that it is ready. */
  async untilReady(): Promise<void> {
    await this.#until(() => isReady(this.url))
  }

  /** Starts the server without waiting. */
  async launch(): Promise<void> {
    const log = await open(join(this.#folder, 'server.log'), 'a')
    const { DATABASE_URL: _other, ...environment } = process.env
    const port = this.#url ? new URL(this.#url).port : '0'
    this.#child = startChild(process.execPath, [this.#program, 'serve'], {
      stdio: ['ignore', log.fd, log.fd],
      env: { ...environment, PAWL_DATA: this.dataDir, PAWL_PORT: port },
    })
    await log.close()
  }

  /** Waits until a PostgreSQL other than this one runs. */
  async untilPostgresIsNot(before: number | undefined): Promise<void> {
    await this.#until(async () => {
      const pid = await this.findPostmaster()
      return pid !== undefined && pid !== before
    })
  }

  /** The pid of its PostgreSQL; undefined if none runs. */
  async findPostmaster(): Promise<number | undefined> {
    const cluster = await this.#findCluster()
    const pid = cluster && (await readPostmasterFile(cluster))?.pid
    return pid && (await findPostgresProgram(pid, cluster)) ? pid : undefined
  }

  /** The pids of all processes that use its data. */
  async listPostgres(): Promise<number[]> {
    const cluster = await this.#findCluster()
    return cluster ? listPostgresProcesses(cluster) : []
  }

  /** Kills the server without a chance to clean up. */
  async killServer(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Kills the postmaster without a chance to clean up; its sessions exit by themselves after a while. */
  async killPostgres(): Promise<void> {
    const pid = await this.findPostmaster()
    if (pid === undefined) throw new Error('there is no PostgreSQL to kill')
    process.kill(pid, 'SIGKILL')
  }

  /** Kills one session of its PostgreSQL, which then ends all sessions and performs crash recovery. */
  async killSession(): Promise<void> {
    const postmaster = await this.findPostmaster()
    const session = (await this.listPostgres()).toSorted((a, b) => a - b).at(-1)
    if (session === undefined || session === postmaster) throw new Error('there is no session to kill')
    process.kill(session, 'SIGKILL')
  }

  /** Stops the server as an operator would, and returns how it ended. */
  async stop(): Promise<string> {
    return this.#end('SIGTERM')
  }

  /** Kills everything that is left of it; for the end of a test. */
  async clear(): Promise<void> {
    await this.killServer()
    for (const pid of await this.listPostgres()) process.kill(pid, 'SIGKILL')
    await this.#until(async () => (await this.listPostgres()).length === 0)
  }

  async #end(signal: NodeJS.Signals): Promise<string> {
    const child = this.#child
    if (!child) return 'never started'
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    }
    return child.signalCode ?? `exit code ${child.exitCode}`
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    const child = this.#child
    while (!(await isSo())) {
      if (child && child.exitCode !== null)
        throw new Error(`the server ended:\n${await readFile(join(this.#folder, 'server.log'), 'utf8')}`)
      await delay(POLL_MS)
    }
  }

  #findCluster(): Promise<string | undefined> {
    return realpath(join(this.dataDir, 'database', 'cluster')).catch(() => undefined)
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/readyz', url))).ok
  } catch {
    return false
  }
}
