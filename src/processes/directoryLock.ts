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

/** Which run uses a directory, and through which program. */
export interface DirectoryUse {
  /** The program that holds the lock, such as `pawl worker`. */
  readonly program: string
  /** Null until the run is known. */
  readonly runId: string | null
  /** The fence of the claim that the lock is held under; null until it is known. */
  readonly fence: number | null
  /** Runs among whose processes this one was started, outermost first; it works under their locks. */
  readonly outerRuns: readonly string[]
}

/** The holder of a directory, as recorded in its lock file. */
export interface DirectoryHolder extends DirectoryUse {
  readonly directory: string
  /** The value of PAWL_WORKSPACE_LOCK in every process that works under the lock. */
  readonly lockId: string
  /** The start time distinguishes the process from a later one with the same pid. */
  readonly process: { readonly pid: number; readonly startedAt: string }
  /** When the lock was acquired, as ISO 8601. */
  readonly since: string
}

/** Another run holds the lock of the directory. */
export class DirectoryTakenError extends Error {
  override readonly name = 'DirectoryTakenError'

  constructor(
    readonly directory: string,
    /** Null where the lock file does not name its holder. */
    readonly holder: DirectoryHolder | null,
  ) {
    super(`${describeHolder(holder)} works in ${directory}`)
  }
}

/** Describes a holder, as the beginning of a sentence. */
export function describeHolder(holder: DirectoryHolder | null): string {
  if (!holder) return 'Another run'
  const run = holder.runId === null ? 'A run that is being started' : `Run ${holder.runId}`
  const fence = holder.fence === null ? '' : `, claim ${holder.fence}`
  return `${run} (${holder.program}, process ${holder.process.pid}${fence})`
}

/** The environment variable that identifies processes working under a lock. */
const MARK = 'PAWL_WORKSPACE_LOCK'

/** Far beyond the file's text, since some platforms do not allow a locked range to be read. */
const LOCKED_BYTE = 2 ** 30

/** The timeout for another process to finish acquiring the lock, and the poll interval, both in milliseconds. */
const TAKING_TAKES_MS = 10_000
const LOOK_MS = 10

/**
 * How often a held lock file is touched, in milliseconds, so that cleaners of temporary files do not remove it as
 * stale.
 */
const TOUCH_MS = 3_600_000

/**
 * One run's exclusive right to work in a directory. The kernel holds the lock for as long as any process has the
 * descriptor open: this process, and every one that inherited it. Each holder has its own file, which names it;
 * acquiring checks the files of the others, one acquirer at a time.
 */
export class DirectoryLock {
  /** The descriptor, to be inherited by every process that should hold the lock too. */
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
   * Acquires the lock of a directory for a run. Holders that belong to the same run, or to a run among whose
   * processes this one was started, do not block it.
   *
   * @param directory absolute and canonical
   * @param isShared whether others may work there too; no other holder blocks it then
   * @throws {@link DirectoryTakenError} where another run holds the directory; {@link LocksUnavailableError}
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

  /** The lock's id, which processes working under it have as PAWL_WORKSPACE_LOCK. */
  get id(): string {
    return this.#holder.lockId
  }

  /**
   * Stops the processes that earlier owners of the same run left in this directory. Returns whether all of them
   * are proven gone.
   *
   * @param isMeant which holders to stop. Default: all of them.
   */
  async endLeft(
    limits: StopLimits,
    isMeant: (holder: DirectoryHolder) => boolean = () => true,
  ): Promise<boolean> {
    const { runId, lockId } = this.#holder
    const mine = new Set(ancestors(process.pid))
    const left = listHolders(this.#place).filter((other) => {
      if (!other || other.lockId === lockId || other.runId !== runId || !isMeant(other)) return false
      // Skips holders whose processes started this one: it works under them, and must not stop them.
      return !findByVariable(MARK, other.lockId).some(({ pid }) => mine.has(pid))
    })
    const ended = left.map((other) => new ProcessGroup(null, { lockId: other?.lockId ?? '' }).stop(limits))
    return (await Promise.all(ended)).every(Boolean)
  }

  /** Records the run and its claim in the lock file, once they are known. */
  async name(known: Pick<DirectoryUse, 'runId' | 'fence'>): Promise<void> {
    this.#holder = { ...this.#holder, ...known }
    await withPlaceLocked(this.#place, () => this.#write())
  }

  /** Releases the lock; processes that inherited it hold it until they exit. Idempotent. */
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

/** The lock files of one directory. */
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

/** Runs `body` while no other process acquires or updates a lock of this directory. */
async function withPlaceLocked<T>(place: Place, body: () => T): Promise<T> {
  const path = `${place.prefix}.lock`
  const givesUpAt = performance.now() + TAKING_TAKES_MS
  for (;;) {
    const fd = openForAll(path)
    try {
      // A cleaner of temporary files may have removed the file since it was opened.
      if (place.tryLock(fd, LOCKED_BYTE, 1) && isStillAt(fd, path)) return body()
    } finally {
      closeSync(fd)
    }
    if (performance.now() > givesUpAt) throw new LocksUnavailableError(`${path} is held by another process`)
    await sleep(LOOK_MS)
  }
}

/**
 * Opens a file that all users may lock. An existing file is opened without O_CREAT, which some systems refuse for
 * files of other users.
 */
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

/** Lists the current holders of the directory; null for a holder whose file can't be parsed. */
function listHolders({ folder, prefix, tryLock }: Place): (DirectoryHolder | null)[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path.startsWith(`${prefix}-`))
    .map((path) => readHolder({ tryLock }, path))
    .filter((holder) => holder !== undefined)
}

/**
 * Returns the holder of a lock file. Where the lock is free and no process of the holder survives, removes the
 * file and returns undefined.
 */
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

/**
 * Whether processes of the run survive that did not keep the inherited descriptor: many programs close descriptors
 * they do not know.
 */
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

/** Removes an unheld lock file; fails silently on a file of another user. */
function unlink(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    return
  }
}
