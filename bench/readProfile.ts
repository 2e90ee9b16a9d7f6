import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Processor time of a folder of the project, a package, or a part of Node.js. */
export interface Share {
  readonly where: string
  readonly milliseconds: number
}

/** Summary of a CPU profile. */
export interface ProfileSummary {
  readonly busyMilliseconds: number
  readonly idleMilliseconds: number
  /** By folder and package, largest first. */
  readonly places: readonly Share[]
  /** By function, largest first. */
  readonly functions: readonly Share[]
}

/** Name for frames that are not JavaScript: system calls and functions of the engine. */
const NATIVE = '(native)'

interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
  readonly columnNumber: number
}

/** A `.cpuprofile` as `node --cpu-prof` writes it. */
interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[]
  /** Microseconds by the machine's monotonic clock. */
  readonly startTime: number
  readonly samples: readonly number[]
  /** Microseconds since the previous sample. */
  readonly timeDeltas: readonly number[]
}

/**
 * Sums up the self time of each function; bundled code is attributed to its source.
 *
 * @param since samples before this time of the monotonic clock are ignored, in microseconds
 */
export function readProfile(path: string, root: string, since: number): ProfileSummary {
  const profile = JSON.parse(readFileSync(path, 'utf8')) as Profile
  const self = new Map<number, number>()
  let time = profile.startTime
  profile.samples.forEach((id, index) => {
    const took = profile.timeDeltas[index] ?? 0
    time += took
    if (time >= since) self.set(id, (self.get(id) ?? 0) + took / 1000)
  })
  const places = new Map<string, number>()
  const functions = new Map<string, number>()
  const locate = createLocator(root)
  let idle = 0
  for (const { id, callFrame } of profile.nodes) {
    const milliseconds = self.get(id) ?? 0
    if (callFrame.functionName === '(idle)') {
      idle += milliseconds
      continue
    }
    const source = locate(callFrame)
    const place = source === NATIVE ? `${callFrame.functionName} ${NATIVE}` : placeOf(source)
    places.set(place, (places.get(place) ?? 0) + milliseconds)
    const name = `${callFrame.functionName || '(anonymous)'}  ${source}`
    functions.set(name, (functions.get(name) ?? 0) + milliseconds)
  }
  const sorted = rank(places)
  return {
    busyMilliseconds: sorted.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    idleMilliseconds: idle,
    places: sorted,
    functions: rank(functions),
  }
}

function rank(times: ReadonlyMap<string, number>): Share[] {
  return [...times]
    .map(([where, milliseconds]) => ({ where, milliseconds }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
}

/** Finds the source of a frame, relative to the root, by the source map of its bundle. */
function createLocator(root: string): (frame: CallFrame) => string {
  const maps = new Map<string, SourceMap | undefined>()
  return ({ functionName, url, lineNumber, columnNumber }) => {
    if (url === '') return functionName.startsWith('(') ? functionName : NATIVE
    if (!url.startsWith('file:')) return url
    const file = fileURLToPath(url)
    if (!maps.has(file)) maps.set(file, readSourceMap(file))
    const entry = maps.get(file)?.findEntry(lineNumber, columnNumber)
    const source = entry && 'originalSource' in entry ? resolve(dirname(file), entry.originalSource) : file
    return relative(root, source)
  }
}

function readSourceMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload)
  } catch {
    return undefined
  }
}

function placeOf(source: string): string {
  if (source.startsWith('node:')) return source.split('/').slice(0, 2).join('/')
  const [, inPackage] = source.split('node_modules/').slice(-2)
  const parts = (inPackage ?? source).split('/')
  if (inPackage === undefined) return source.startsWith('(') ? source : parts.slice(0, 2).join('/')
  return parts.slice(0, inPackage.startsWith('@') ? 2 : 1).join('/')
}
