declare module 'fs-native-extensions' {
  /** Takes a lock on a range of an open file, shared or not; false where another open file holds one that excludes it. */
  export function tryLock(
    fd: number,
    offset: number,
    length: number,
    options: { readonly shared: boolean },
  ): boolean
}
