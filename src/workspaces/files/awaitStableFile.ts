import { type FSWatcher, watch } from 'node:fs'
import { type Baseline, isChanged } from './baseline.ts'
import {
  type Artifact,
  type ArtifactTrouble,
  type FilePlace,
  MAX_ARTIFACT_BYTES,
  type Snapshot,
  judgeSnapshot,
  readSnapshot,
  toTrouble,
} from './readArtifact.ts'
import { resolveInside } from './resolveInside.ts'

/** Which file to wait for, and how. */
export interface AwaitOptions extends FilePlace {
  /** The file's state before the wait; it has to be replaced or written to. */
  readonly baseline: Baseline
  /** Aborts the wait. */
  readonly signal: AbortSignal
  /** How long a file has to stay unchanged, in milliseconds. Default 300. */
  readonly stableMs?: number
  /** The poll interval where the system sends no change notifications, in milliseconds. Default 500. */
  readonly pollMs?: number
  /** The maximum size of the file, in bytes. Default 10 MiB. */
  readonly maxBytes?: number
}

/** Changes in a folder within this time, in milliseconds, are handled together. */
const GATHER_MS = 20

/**
 * Waits for a file that exists, differs from its baseline, is not empty, and has stayed unchanged for `stableMs`.
 * A stable file that can't be returned as text is an outcome too, and so is a workspace that stays missing.
 *
 * @throws the signal's reason when it aborts
 */
export async function awaitStableFile(options: AwaitOptions): Promise<Artifact | ArtifactTrouble> {
  const { baseline, signal, stableMs = 300, pollMs = 500, maxBytes = MAX_ARTIFACT_BYTES } = options
  let first: Sight | null = null
  for (;;) {
    signal.throwIfAborted()
    // Watching starts before the check, so that no change after the check is missed.
    const news = await listen(options)
    try {
      const sight = await look(options, maxBytes, baseline)
      if (sight === null || sight.key !== first?.key) first = sight
      const remaining = first === null ? pollMs : first.at + stableMs - performance.now()
      if (first !== null && remaining <= 0)
        return 'outcome' in first.what ? first.what : judgeSnapshot(first.what, maxBytes)
      await (first === null ? news.within(remaining, signal) : pause(remaining, signal))
    } finally {
      news.close()
    }
  }
}

/** What was found at the path and when, with a key that changes whenever the finding does. */
interface Sight {
  readonly what: Snapshot | ArtifactTrouble
  readonly key: string
  readonly at: number
}

/** Checks the path; null where there is no new, non-empty file yet. */
async function look(place: FilePlace, maxBytes: number, baseline: Baseline): Promise<Sight | null> {
  const at = performance.now()
  try {
    const what = await readSnapshot(place, maxBytes)
    // A file is empty between its creation, or truncation, and the first write.
    if (what === null || what.state.size === 0 || !isChanged(baseline, what.state)) return null
    return { what, key: JSON.stringify(what.state), at }
  } catch (error) {
    const what = toTrouble(error)
    return { what, key: what.outcome, at }
  }
}

/** A watch on the folder in which the file should appear. */
interface News {
  /** Resolves soon after a change, after the given milliseconds, or when the signal aborts. */
  within(milliseconds: number, signal: AbortSignal): Promise<void>
  close(): void
}

async function listen({ workspace, path }: FilePlace): Promise<News> {
  const happened = new AbortController()
  const watcher = await openWatcher({ workspace, path }, () => happened.abort())
  return {
    async within(milliseconds, signal) {
      await pause(milliseconds, signal, happened.signal)
      if (happened.signal.aborted) await pause(GATHER_MS, signal)
    },
    close: () => watcher?.close(),
  }
}

/** Watches the folder; null where it can't be watched, so that it is only polled. */
async function openWatcher({ workspace, path }: FilePlace, onChange: () => void): Promise<FSWatcher | null> {
  try {
    const { folder } = await resolveInside(workspace, path)
    const watcher = watch(folder, { persistent: false }, onChange)
    watcher.on('error', () => undefined)
    return watcher
  } catch {
    return null
  }
}

/** Resolves after the given milliseconds, or when one of the signals aborts. */
function pause(milliseconds: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    for (const signal of signals) signal.addEventListener('abort', end)
    if (signals.some(({ aborted }) => aborted)) end()
  })
}
