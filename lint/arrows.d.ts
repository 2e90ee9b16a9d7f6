/** Per layer: which rooms of the same layer each of its rooms may import. */
export const ROOMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
