import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, open, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RunUser } from '../../src/database/embedded/runUser.ts'

const execute = promisify(execFile)
const BRIDGE = 'pawl0'

/** Gives this network namespace the address of the machine on which servers and clients run, and a switch. */
export async function openNetwork(): Promise<void> {
  await execute('ip', ['link', 'add', BRIDGE, 'type', 'bridge'])
  await execute('ip', ['address', 'add', '10.0.0.1/24', 'dev', BRIDGE])
  await execute('ip', ['link', 'set', BRIDGE, 'up'])
}

/** Folders of Debian's packages that every machine has of its own. */
const OWN_FOLDERS = ['/var/lib/postgresql', '/var/run/postgresql']

/** A machine: a network namespace with an address, at the end of a cable. What runs there is its processes. */
export class Machine {
  readonly name: string
  readonly address: string
  /** Its disk. */
  readonly folder: string
  readonly #user: RunUser
  readonly #holder: ChildProcess
  readonly #net: string

  private constructor(
    { name, address, folder, user }: Location,
    { holder, net }: { readonly holder: ChildProcess; readonly net: string },
  ) {
    this.name = name
    this.address = address
    this.folder = folder
    this.#user = user
    this.#holder = holder
    this.#net = net
  }

  static async open(location: Location): Promise<Machine> {
    const { name, address, folder, user } = location
    await mkdir(folder)
    await chown(folder, user.uid, user.gid)
    const mounts: string[] = []
    for (const place of OWN_FOLDERS) {
      const own = join(folder, place.slice(1).replaceAll('/', '-'))
      await mkdir(own)
      await chown(own, user.uid, user.gid)
      mounts.push(`mkdir -p ${place} && mount --bind ${own} ${place}`)
    }
    const script = `${mounts.join(' && ')} && ip link set lo up && echo ready && exec sleep infinity`
    const holder = spawn('unshare', ['--net', '--mount', '/bin/sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await Promise.race([
      once(holder.stdout, 'data'),
      once(holder, 'exit').then(() => Promise.reject(new Error(`no namespace for ${name}`))),
    ])
    const machine = new Machine(location, { holder, net: await netOf(Number(holder.pid)) })
    const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', String(holder.pid)]
    await execute('ip', ['link', 'add', name, ...peer])
    await execute('ip', ['link', 'set', name, 'master', BRIDGE, 'up'])
    await machine.#enter(['ip', 'address', 'add', `${address}/24`, 'dev', 'eth0'])
    await machine.#enter(['ip', 'link', 'set', 'eth0', 'up'])
    return machine
  }

  /** Starts a program there, which keeps running; what it prints is in `PROGRAM.log` on its disk. */
  async start(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<void> {
    const log = await open(join(this.folder, `${program}.log`), 'a')
    const { uid, gid } = this.#user
    const user = ['--setuid', String(uid), '--setgid', String(gid)]
    const { PATH = '' } = process.env
    const child = spawn('nsenter', [...this.#place, ...user, program, ...args], {
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH, LANG: 'C.UTF-8', HOME: this.folder, ...env },
    })
    await once(child, 'spawn')
    await log.close()
  }

  /** The ids of its processes, or of those that run a program. */
  async processes(program?: string): Promise<number[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
    const found = await Promise.all(
      pids.map(async (pid) => {
        if (pid === this.#holder.pid || (await netOf(pid).catch(() => '')) !== this.#net) return []
        const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
        return program === undefined || name.trim() === program ? [pid] : []
      }),
    )
    return found.flat()
  }

  /** Sends a signal to its processes, or to those that run a program. */
  async signal(signal: NodeJS.Signals, program?: string): Promise<void> {
    for (const pid of await this.processes(program)) {
      try {
        process.kill(pid, signal)
      } catch (error) {
        // ended in between
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
  }

  /** Pulls its cable: what is sent is lost, and nobody is told. */
  async cut(): Promise<void> {
    await execute('ip', ['link', 'set', this.name, 'down'])
  }

  /** Plugs its cable in again. */
  async mend(): Promise<void> {
    await execute('ip', ['link', 'set', this.name, 'up'])
  }

  get #place(): string[] {
    const namespaces = `/proc/${this.#holder.pid}/ns`
    return [`--net=${namespaces}/net`, `--mount=${namespaces}/mnt`]
  }

  async #enter(command: readonly string[]): Promise<void> {
    await execute('nsenter', [...this.#place, ...command])
  }
}

/** Which machine it is. */
interface Location {
  readonly name: string
  readonly address: string
  readonly folder: string
  /** Whose processes its own are. */
  readonly user: RunUser
}

const netOf = (pid: number): Promise<string> => readlink(`/proc/${pid}/ns/net`)
