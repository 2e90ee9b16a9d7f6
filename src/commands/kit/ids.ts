import { TypeID, typeid } from 'typeid-js'

/** The kinds of ids, by the prefix that tells them apart. */
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
} as const
export type IdKind = keyof typeof ID_PREFIXES

/** A new id: its prefix tells the kind, ids made later sort later. */
export function newId(kind: IdKind): string {
  return typeid(ID_PREFIXES[kind]).toString()
}

/** True for a well-formed id of this kind, whether or not it names something. */
export function isId(kind: IdKind, id: string): boolean {
  try {
    return TypeID.fromString(id, ID_PREFIXES[kind]).toString() === id
  } catch {
    return false
  }
}

/** The kind of a well-formed id; undefined for any other string. */
export function kindOf(id: string): IdKind | undefined {
  return (Object.keys(ID_PREFIXES) as IdKind[]).find((kind) => isId(kind, id))
}
