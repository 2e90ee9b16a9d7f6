import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { RunUser } from '../../src/database/embedded/runUser.ts'
import { Machine } from './machine.ts'
import { localize, readSample, samplePath } from './samples.ts'

const POLL_MS = 100
/** How long Patroni may take to answer, in milliseconds. */
const ANSWER_MS = 1000

interface Member {
  readonly name: string
  readonly role: 'leader' | 'sync_standby' | 'replica'
  readonly state: string
  readonly timeline?: number
}

/** Three machines with PostgreSQL under Patroni, and etcd, set up as the samples say. */
export class Cluster {
  readonly machines: readonly Machine[]
  readonly #bin: string
  readonly #signal: AbortSignal

  private constructor(machines: readonly Machine[], bin: string, signal: AbortSignal) {
    this.machines = machines
    this.#bin = bin
    this.#signal = signal
  }

  /** @param bin the folder of PostgreSQL's programs */
  static async open(folder: string, bin: string, user: RunUser, signal: AbortSignal): Promise<Cluster> {
    const machines: Machine[] = []
    for (const number of [1, 2, 3]) {
      const name = `pg${number}`
      machines.push(
        await Machine.open({ name, address: `10.0.0.1${number}`, folder: join(folder, name), user }),
      )
    }
    const cluster = new Cluster(machines, bin, signal)
    await Promise.all(machines.map((machine) => cluster.boot(machine)))
    return cluster
  }

  /** Starts what the units of a machine start. */
  async boot(machine: Machine): Promise<void> {
    await this.startEtcd(machine)
    await machine.start('patroni', [samplePath('patroni.yml')], {
      ...localize(await readSample('patroni.env'), machine),
      PATRONI_POSTGRESQL_BIN_DIR: this.#bin,
    })
  }

  async startEtcd(machine: Machine): Promise<void> {
    const variables = localize(await readSample('etcd.env'), machine)
    await machine.start('etcd', [], { ...variables, ETCD_DATA_DIR: join(machine.folder, 'etcd') })
  }

  /** The machine with the primary, once one says that it is. */
  async primary(): Promise<Machine> {
    return this.#until(async () => {
      const answers = await Promise.all(this.machines.map((machine) => ask(machine, '/primary')))
      return this.machines.find((_, index) => answers[index]?.ok === true)
    })
  }

  /** Waits until there is a primary with a synchronous standby, and all others follow it. */
  async untilWhole(): Promise<void> {
    await this.#until(async () => {
      const members = await this.#members()
      const isSafe = members.some(({ role }) => role === 'sync_standby')
      return (isSafe && (await this.#areStreaming())) || undefined
    })
  }

  /** Hands the primary's part over to its synchronous standby. */
  async switchOver(): Promise<void> {
    const members = await this.#members()
    const leader = members.find(({ role }) => role === 'leader')?.name
    const candidate = members.find(({ role }) => role === 'sync_standby')?.name
    const { address } = await this.primary()
    const body = JSON.stringify({ leader, candidate })
    const asked = await fetch(`http://${address}:8008/switchover`, { method: 'POST', body })
    if (!asked.ok) throw new Error(`no switchover: ${asked.status} ${await asked.text()}`)
  }

  /** Sends statements to the primary as PostgreSQL's superuser. */
  async asSuperuser<T>(work: (client: Client) => Promise<T>, database = 'postgres'): Promise<T> {
    const { PATRONI_SUPERUSER_PASSWORD: password } = await readSample('patroni.env')
    const { address: host } = await this.primary()
    const client = new Client({
      host,
      user: 'postgres',
      password,
      database,
      connectionTimeoutMillis: 2_000,
      query_timeout: 10_000,
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return await work(client)
    } finally {
      await client.end()
    }
  }

  async #members(): Promise<readonly Member[]> {
    const { address } = await this.primary()
    const answer = await fetch(`http://${address}:8008/cluster`)
    return ((await answer.json()) as { members: Member[] }).members
  }

  async #areStreaming(): Promise<boolean> {
    const count = (client: Client) =>
      client.query(`SELECT FROM pg_stat_replication WHERE state = 'streaming' AND application_name ~ '^pg'`)
    const streaming = await this.asSuperuser(count).catch(() => undefined)
    return streaming?.rowCount === this.machines.length - 1
  }

  async #until<T>(find: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await find()
      if (found !== undefined) return found
      await sleep(POLL_MS, undefined, { signal: this.#signal })
    }
  }
}

async function ask({ address }: Machine, path: string): Promise<Response | undefined> {
  const signal = AbortSignal.timeout(ANSWER_MS)
  return fetch(`http://${address}:8008${path}`, { signal }).catch(() => undefined)
}
