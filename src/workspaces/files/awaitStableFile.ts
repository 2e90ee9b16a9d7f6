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

/** What is waited for. */
export interface AwaitOptions extends FilePlace {
  /** What stood there before; it has to be replaced or written to. */
  readonly baseline: Baseline
  /** Ends the waiting. */
  readonly signal: AbortSignal
  /** How long a file has to stay the same, in milliseconds. Default 300. */
  readonly stableMs?: number
  /** How often it is looked for where the system tells of no change, in milliseconds. Default 500. */
  readonly pollMs?: number
  /** The largest file to be read, in bytes. Default 10 MiB. */
  readonly maxBytes?: number
}

/** Changes of a folder that follow within this time, in milliseconds, are one. */
const GATHER_MS = 20

/**
 * Waits for a file that is there, other than its baseline, not empty, and has stayed the same for a while. A file that stays the
 * same but can't be handed over is an outcome too, as is a workspace that stays gone.
 *
 * @throws the signal's reason when it aborts
 */
export async function awaitStableFile(options: AwaitOptions): Promise<Artifact | ArtifactTrouble> {
  const { baseline, signal, stableMs = 300, pollMs = 500, maxBytes = MAX_ARTIFACT_BYTES } = options
  let first: Sight | null = null
  for (;;) {
    signal.throwIfAborted()
    // Listening begins before the look, so that nothing that happens after the look is missed.
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

/** What was found at the path, when, and what tells it from anything else. */
interface Sight {
  readonly what: Snapshot | ArtifactTrouble
  readonly key: string
  readonly at: number
}

/** Null where nothing of interest is there yet. */
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

/** News of the folder that a file is to appear in. */
interface News {
  /** Resolves soon after something happened there, or after the given milliseconds, or when the signal aborts. */
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

/** Null where the folder can't be watched: then it is only looked at from time to time. */
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
