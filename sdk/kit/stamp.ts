/** When something was read; of two readings of the same thing, the greater is the later one. */
export interface Stamp {
  readonly revision: number
  /** The database's clock at the reading, for what changes with time alone. */
  readonly asOf: string
}

/** Negative if `a` is the earlier reading, positive if it is the later one, 0 if they are equally old. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.revision - b.revision || compareTimes(a.asOf, b.asOf)
}

/** The stamp of an answer's object; undefined if it was read without a revision. */
export function readStamp({ revision, asOf }: Readonly<Record<string, unknown>>): Stamp | undefined {
  if (typeof revision !== 'number') return undefined
  return { revision, asOf: typeof asOf === 'string' ? asOf : '' }
}

/** Compares ISO times in UTC; without their `Z`, a shorter fraction sorts before the longer one it begins. */
function compareTimes(a: string, b: string): number {
  return compareTexts(a.replace('Z', ''), b.replace('Z', ''))
}

/** Orders texts by their code units. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
