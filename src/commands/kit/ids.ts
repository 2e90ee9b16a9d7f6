import { TypeID, typeid } from 'typeid-js'

/** Kinds of ids, each with its prefix. */
export const ID_PREFIXES = {
  run: 'run',
  phase: 'phs',
  session: 'ses',
  execution: 'exe',
  artifact: 'art',
  approval: 'apr',
  message: 'msg',
  workflow: 'wfl',
  token: 'tok',
  principal: 'prn',
  workspace: 'wsp',
  workspaceOperation: 'wop',
  worker: 'wrk',
} as const
export type IdKind = keyof typeof ID_PREFIXES

/** Returns a new id; its prefix is that of the kind, and later ids sort later. */
export function newId(kind: IdKind): string {
  return typeid(ID_PREFIXES[kind]).toString()
}

/** True for a well-formed id of this kind, whether or not the object exists. */
export function isId(kind: IdKind, id: string): boolean {
  try {
    return TypeID.fromString(id, ID_PREFIXES[kind]).toString() === id
  } catch {
    return false
  }
}

/** Returns the kind of a well-formed id; undefined for any other string. */
export function kindOf(id: string): IdKind | undefined {
  const prefix = id.slice(0, id.indexOf('_'))
  const kind = (Object.keys(ID_PREFIXES) as IdKind[]).find((each) => ID_PREFIXES[each] === prefix)
  return kind && isId(kind, id) ? kind : undefined
}
