import { createHash, randomUUID } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LocksUnavailableError, prepareLockFolder } from './lockFolder.ts'
import { ProcessGroup } from './processGroup.ts'
import type { StopLimits } from './processGroup.ts'
import { ancestors, findByVariable, findProcess } from './processTable.ts'

/** For which run somebody works in a directory. */
export interface DirectoryUse {
  /** What holds it, as `pawl worker`. */
  readonly program: string
  /** Null while it is not known yet. */
  readonly runId: string | null
  /** The claim that it is held under. */
  readonly fence: number | null
  /** Runs under whose processes this one was started, outermost first: it works under their locks. */
  readonly outerRuns: readonly string[]
}

/** Who works in a directory, as its lock names them. */
export interface DirectoryHolder extends DirectoryUse {
  readonly directory: string
  /** What every process that works under it has as PAWL_WORKSPACE_LOCK. */
  readonly lockId: string
  /** Told from a later process with its pid by when it was started. */
  readonly process: { readonly pid: number; readonly startedAt: string }
  /** When it was taken, as ISO 8601. */
  readonly since: string
}

/** Another run works in the directory. */
export class DirectoryTakenError extends Error {
  override readonly name = 'DirectoryTakenError'

  constructor(
    readonly directory: string,
    /** Null where its lock does not say. */
    readonly holder: DirectoryHolder | null,
  ) {
    super(`${describeHolder(holder)} works in ${directory}`)
  }
}

/** Who that is, as the beginning of a sentence. */
export function describeHolder(holder: DirectoryHolder | null): string {
  if (!holder) return 'Another run'
  const run = holder.runId === null ? 'A run that is being started' : `Run ${holder.runId}`
  const fence = holder.fence === null ? '' : `, claim ${holder.fence}`
  return `${run} (${holder.program}, process ${holder.process.pid}${fence})`
}

/** The variable that processes under a lock are known by. */
const MARK = 'PAWL_WORKSPACE_LOCK'

/** Far behind the file's text, since a locked range can't be read everywhere. */
const LOCKED_BYTE = 2 ** 30

/** How long others may be in the midst of taking it, in milliseconds, and how often it is looked. */
const TAKING_TAKES_MS = 10_000
const LOOK_MS = 10

/** How often a held lock is touched, in milliseconds, so that nobody who cleans up temporary files takes it for left behind. */
const TOUCH_MS = 3_600_000

/**
 * The right of one run to work in a directory. The kernel keeps it for as long as any process has the descriptor open: this one, and
 * every one that inherited it. Each holder has a file of its own, which names it; taking looks at those of others, one at a time.
 */
export class DirectoryLock {
  /** Inherited by every process that is to hold it as well. */
  readonly fd: number
  readonly #place: Place
  readonly #path: string
  readonly #touching: NodeJS.Timeout
  #holder: DirectoryHolder
  #isHeld = true

  private constructor(place: Place, path: string, fd: number, holder: DirectoryHolder) {
    this.#place = place
    this.#path = path
    this.fd = fd
    this.#holder = holder
    this.#touching = setInterval(() => this.#touch(), TOUCH_MS).unref()
  }

  /**
   * Takes a directory for a run. What is left of the same run, or of one under whose processes this one was started, is no obstacle.
   *
   * @param directory absolute and canonical
   * @param isShared whether others may work there, too; then nobody is an obstacle
   * @throws {@link DirectoryTakenError} where another run works there; {@link LocksUnavailableError}
   */
  static async take(directory: string, use: DirectoryUse, isShared = false): Promise<DirectoryLock> {
    const place = await openPlace(directory)
    return withPlaceLocked(place, () => {
      const others = listHolders(place).filter((other) => !other || !haveRunInCommon(use, other))
      if (others.length > 0 && !isShared) throw new DirectoryTakenError(directory, others[0] ?? null)
      const { startedAt = '' } = findProcess(process.pid) ?? {}
      const since = new Date().toISOString()
      const lockId = randomUUID()
      const holder = { ...use, directory, lockId, process: { pid: process.pid, startedAt }, since }
      const path = `${place.prefix}-${lockId}.json`
      const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o644)
      place.tryLock(fd, LOCKED_BYTE, 1)
      const lock = new DirectoryLock(place, path, fd, holder)
      lock.#write()
      return lock
    })
  }

  /** What processes that work under it are told by, as PAWL_WORKSPACE_LOCK. */
  get id(): string {
    return this.#holder.lockId
  }

  /**
   * Ends what earlier owners of the same run have left at work here, those among them that are meant. Returns whether it is proven gone.
   *
   * @param isMeant Default: all of them.
   */
  async endLeft(
    limits: StopLimits,
    isMeant: (holder: DirectoryHolder) => boolean = () => true,
  ): Promise<boolean> {
    const { runId, lockId } = this.#holder
    const mine = new Set(ancestors(process.pid))
    const left = listHolders(this.#place).filter((other) => {
      if (!other || other.lockId === lockId || other.runId !== runId || !isMeant(other)) return false
      // Whoever was started by such a process works under it, and does not end it.
      return !findByVariable(MARK, other.lockId).some(({ pid }) => mine.has(pid))
    })
    const ended = left.map((other) => new ProcessGroup(null, { lockId: other?.lockId ?? '' }).stop(limits))
    return (await Promise.all(ended)).every(Boolean)
  }

  /** Names the run and its claim, once they are known. */
  async name(known: Pick<DirectoryUse, 'runId' | 'fence'>): Promise<void> {
    this.#holder = { ...this.#holder, ...known }
    await withPlaceLocked(this.#place, () => this.#write())
  }

  /** Lets go of it; processes that have inherited it keep it until they end. May be called again. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    clearInterval(this.#touching)
    closeSync(this.fd)
    readHolder(this.#place, this.#path)
  }

  #write(): void {
    ftruncateSync(this.fd)
    writeSync(this.fd, `${JSON.stringify(this.#holder)}\n`, 0)
  }

  #touch(): void {
    const now = new Date()
    futimesSync(this.fd, now, now)
  }
}

function haveRunInCommon(mine: DirectoryUse, other: DirectoryUse): boolean {
  const runs = [...mine.outerRuns, mine.runId]
  return [...other.outerRuns, other.runId].some((runId) => runId !== null && runs.includes(runId))
}

type TryLock = (fd: number, offset: number, length: number, options?: { shared: boolean }) => boolean

/** Where the locks of one directory are. */
interface Place {
  readonly folder: string
  readonly prefix: string
  readonly tryLock: TryLock
}

async function openPlace(directory: string): Promise<Place> {
  const folder = prepareLockFolder()
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 40)
  try {
    const { tryLock } = await import('fs-native-extensions')
    return { folder, prefix: join(folder, name), tryLock }
  } catch (cause) {
    throw new LocksUnavailableError('this platform has no file locks', { cause })
  }
}

/** Does something while nobody else takes or names a lock of this directory. */
async function withPlaceLocked<T>(place: Place, body: () => T): Promise<T> {
  const path = `${place.prefix}.lock`
  const givesUpAt = performance.now() + TAKING_TAKES_MS
  for (;;) {
    const fd = openForAll(path)
    try {
      // Whoever cleans up temporary files may have removed it meanwhile.
      if (place.tryLock(fd, LOCKED_BYTE, 1) && isStillAt(fd, path)) return body()
    } finally {
      closeSync(fd)
    }
    if (performance.now() > givesUpAt) throw new LocksUnavailableError(`${path} is held by another process`)
    await sleep(LOOK_MS)
  }
}

/** Opens a file that all users may lock; one that is there is not opened for making, which systems refuse for those of others. */
function openForAll(path: string): number {
  for (;;) {
    try {
      return openSync(path, constants.O_RDWR | constants.O_NOFOLLOW)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        throw new LocksUnavailableError(`${path} can't be opened`, { cause: error })
    }
    try {
      const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o666)
      chmodSync(path, 0o666)
      return fd
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new LocksUnavailableError(`${path} can't be made`, { cause: error })
    }
  }
}

function isStillAt(fd: number, path: string): boolean {
  const standing = statSync(path, { throwIfNoEntry: false })
  const opened = fstatSync(fd)
  return standing?.ino === opened.ino && standing.dev === opened.dev
}

/** Who holds the directory now; null for one whose name can't be read. */
function listHolders({ folder, prefix, tryLock }: Place): (DirectoryHolder | null)[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path.startsWith(`${prefix}-`))
    .map((path) => readHolder({ tryLock }, path))
    .filter((holder) => holder !== undefined)
}

/** Who holds the lock of this file; undefined, and the file removed, where nobody does any more. */
function readHolder({ tryLock }: Pick<Place, 'tryLock'>, path: string): DirectoryHolder | null | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch {
    return undefined
  }
  try {
    const isFree = tryLock(fd, LOCKED_BYTE, 1, { shared: true })
    const holder = parseHolder(readFileSync(fd, 'utf8'))
    if (!isFree || (holder && hasSurvivors(holder))) return holder
    unlink(path)
    return undefined
  } finally {
    closeSync(fd)
  }
}

/** Whether processes of the run live on that did not keep the descriptor they were given: many programs close what they don't know. */
function hasSurvivors({ lockId }: DirectoryHolder): boolean {
  return findByVariable(MARK, lockId).length > 0
}

function parseHolder(text: string): DirectoryHolder | null {
  try {
    return JSON.parse(text) as DirectoryHolder
  } catch {
    return null
  }
}

/** Removes what nobody holds; that of another user is left to him. */
function unlink(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    return
  }
}
